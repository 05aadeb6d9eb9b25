"""Audit events to a topic of Kafka: a batch is there when each of its events was acknowledged by all replicas in sync.

An event comes at least once, and with its id as the key: whoever reads drops what has an id that was there.
What the brokers do not take within some seconds is given up here, and comes again: nothing piles up in memory.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from gossamer.projections.audit.access import MISSING, TopicAccess

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, KafkaException, Producer

ASK_S: Final = 5.0
"""For the brokers to say that they are there, and have the topic."""
DELIVERY_MS: Final = 10_000
"""For one batch, tries after lost connections included."""
FLUSH_S: Final = DELIVERY_MS / 1000 + 5.0
"""Each event is reported on within its time; a little more, since reports come after it."""
WAITING_MOST: Final = 100_000
"""Events that are not acknowledged: many more than a batch has."""
_OPTIONS: Final = {
    "enable.idempotence": True,
    "acks": "all",
    "linger.ms": 5,
    "compression.type": "lz4",
    "partitioner": "murmur2_random",  # as Java's clients have it
    "message.timeout.ms": DELIVERY_MS,
    "queue.buffering.max.messages": WAITING_MOST,
}


class TopicAway(Exception):
    """It did not take what it was given, or cannot be reached."""


class EventTooLarge(Exception):
    """The brokers take no message of its size, and will not."""


class TopicWriter:
    """Open; after TopicAway close it and open it anew. Used by one thread."""

    def __init__(self, access: TopicAccess) -> None:
        self._access = access
        self._topic = access.address.topic
        self._producer: Producer | None = None
        self._delivered = 0
        self._failed: KafkaError | None = None
        self._heard = ""
        """What went wrong last, in the client's words."""

    def open(self) -> None:
        """Raises TopicAway also where there is no such topic."""
        self._heard = ""
        self._producer = self._made()
        check_topic(self._producer, self._access, self._reason)

    def send(self, events: Iterable[tuple[str, bytes]]) -> None:
        """Ids and events; returns when all are acknowledged. Raises TopicAway, EventTooLarge."""
        producer = self._producer
        assert producer is not None
        self._delivered, self._failed = 0, None
        sent = 0
        try:
            for key, value in events:
                producer.produce(self._topic, value, key, on_delivery=self._reported)
                sent += 1
            producer.flush(FLUSH_S)
        except (_exception(), BufferError) as error:
            raise self._away(error) from error
        if self._delivered < sent:
            raise self._away(self._failed)

    def close(self) -> None:
        """What is not acknowledged is forgotten: it is sent again."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()
            producer.flush(0)

    # --- inside ---

    def _made(self) -> "Producer":
        try:
            from confluent_kafka import Producer  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise TopicAway(MISSING) from error
        try:
            return Producer({**self._access.options(), **_OPTIONS, "error_cb": self._heard_of})
        except (_exception(), OSError) as error:
            raise TopicAway(str(error)) from error

    def _reported(self, error: "KafkaError | None", _: Any) -> None:
        if error is None:
            self._delivered += 1
        else:
            self._failed = error

    def _heard_of(self, error: "KafkaError") -> None:
        self._heard = error.str()

    def _reason(self, error: object) -> str:
        return f"{self._access.address.shown}: {self._heard or in_words(error)}"

    def _away(self, error: object) -> Exception:
        if is_too_large(error):
            return EventTooLarge(f"the topic {self._topic} takes no event of this size")
        return TopicAway(self._reason(error or f"not acknowledged within {FLUSH_S:.0f} s"))


def check_topic(client: Any, access: TopicAccess, reason: Any = str) -> int:
    """How many partitions the topic has. Raises TopicAway."""
    topic = access.address.topic
    try:
        found = client.list_topics(topic, timeout=ASK_S).topics.get(topic)
    except _exception() as error:
        client.poll(0)  # hears why
        raise TopicAway(reason(error)) from error
    if found is None or found.error is not None or not found.partitions:
        why = found.error.str() if found is not None and found.error is not None else "it has no partitions"
        raise TopicAway(f"{access.address.shown}: there is no topic {topic} ({why}); make it, or mend its name")
    return len(found.partitions)


def in_words(error: object) -> str:
    """What Kafka's client says, without its wrapping."""
    inner = error.args[0] if isinstance(error, Exception) and error.args else error
    return str(inner.str() if hasattr(inner, "str") else inner)


def is_too_large(error: object) -> bool:
    from confluent_kafka import KafkaError, KafkaException  # noqa: PLC0415 - an extra

    if isinstance(error, KafkaException):
        error = error.args[0]
    return isinstance(error, KafkaError) and error.code() == KafkaError.MSG_SIZE_TOO_LARGE


def _exception() -> "type[KafkaException]":
    from confluent_kafka import KafkaException  # noqa: PLC0415 - an extra

    return KafkaException
