"""Reads a topic of audit events: all partitions, without being a member of any group, and never committing anything."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from gossamer.projections.audit.access import MISSING, TopicAccess
from gossamer.projections.audit.topic import ASK_S, TopicAway, check_topic, in_words

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError

MOST_A_TIME: Final = 1000
_WAIT_S: Final = 0.2
_OPTIONS: Final = {
    "group.id": "gossamer-audit-monitor",  # the client wants a name; no group is joined
    "enable.auto.commit": False,
    "enable.partition.eof": False,
}


class TopicReading:
    """Raises TopicAway, from the beginning on. `from_end`: what is there by now is passed over."""

    def __init__(self, access: TopicAccess, *, from_end: bool = False) -> None:
        self._access = access
        self._topic = access.address.topic
        self.trouble = ""
        """What went wrong on the way to the brokers, and was not mended by itself yet."""
        self._consumer = open_consumer(access, self._heard_of)
        partitions = check_topic(self._consumer, access, self._reason)
        self._ends = {number: self._bounds(number) for number in range(partitions)}
        self._begin(from_end=from_end)

    @property
    def is_through(self) -> bool:
        """Whether all that was there at the beginning was read."""
        return not self._ends

    def poll(self) -> Iterator[bytes]:
        """What has come, after a short wait."""
        from confluent_kafka import KafkaException  # noqa: PLC0415 - an extra

        try:
            found = self._consumer.consume(MOST_A_TIME, _WAIT_S)
        except KafkaException as error:
            raise TopicAway(str(error)) from error
        for message in found:
            if (trouble := message.error()) is not None:
                raise TopicAway(f"{self._access.address.shown}: {trouble.str()}")
            self._note(message.partition() or 0, message.offset() or 0)
            yield message.value() or b""

    def close(self) -> None:
        self._consumer.close()

    # --- inside ---

    def _bounds(self, partition: int) -> tuple[int, int]:
        """The first offset, and the one that comes next."""
        from confluent_kafka import KafkaException, TopicPartition  # noqa: PLC0415 - an extra

        try:
            low, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=ASK_S)
        except KafkaException as error:
            raise TopicAway(self._reason(error)) from error
        return low, high

    def _begin(self, *, from_end: bool) -> None:
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - an extra

        places = [
            TopicPartition(self._topic, number, high if from_end else low) for number, (low, high) in self._ends.items()
        ]
        self._ends = {number: (low, high) for number, (low, high) in self._ends.items() if low < high and not from_end}
        self._consumer.assign(places)

    def _note(self, partition: int, offset: int) -> None:
        self.trouble = ""
        end = self._ends.get(partition)
        if end is not None and offset >= end[1] - 1:
            del self._ends[partition]

    def _reason(self, error: object) -> str:
        return f"{self._access.address.shown}: {self.trouble or in_words(error)}"

    def _heard_of(self, error: "KafkaError") -> None:
        self.trouble = error.str()


def probe_topic(access: TopicAccess) -> int:
    """How many partitions the topic has. Raises TopicAway."""
    heard: list[KafkaError] = []
    consumer = open_consumer(access, heard.append)
    try:
        return check_topic(
            consumer, access, lambda error: f"{access.address.shown}: {in_words(heard[-1] if heard else error)}"
        )
    finally:
        consumer.close()


def open_consumer(access: TopicAccess, heard: "Callable[[KafkaError], None]") -> "Consumer":
    """`heard` is told of what goes wrong on the way to the brokers. Raises TopicAway."""
    try:
        from confluent_kafka import Consumer, KafkaException  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise TopicAway(MISSING) from error
    try:
        return Consumer({**access.options(), **_OPTIONS, "error_cb": heard})
    except (KafkaException, OSError) as error:
        raise TopicAway(str(error)) from error
