"""Where a topic of Kafka is, from a URL. Text in, values out. Passwords have members of their own, and none is here."""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

SCHEME: Final = "kafka://"
PORT: Final = 9092
_FORM: Final = "write kafka://HOST:9092/TOPIC, or several hosts with commas"
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


class TopicAddress(msgspec.Struct, frozen=True):
    """Some brokers of a cluster, which know the others, and a topic."""

    brokers: tuple[tuple[str, int], ...]
    topic: str

    @property
    def shown(self) -> str:
        return ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.brokers)


def parse_topic_url(url: str) -> TopicAddress:
    """ValueError says what is wrong, and behind a semicolon what to write. Neither repeats what may be a password."""
    if not url.startswith(SCHEME):
        raise ValueError(f"the URL is not that of a Kafka topic; {_FORM}")
    hosts, _, topic = url.removeprefix(SCHEME).partition("/")
    if "@" in hosts:
        raise ValueError("a name or password is in the URL; write `audit: {to: kafka://..., username:, password:}`")
    if "?" in topic:
        raise ValueError("the URL has settings behind a ?; write members, `audit: {to: kafka://..., tls: true}`")
    if not _TOPIC.fullmatch(topic) or topic in (".", ".."):
        raise ValueError(f"the URL names no topic, or has characters in it that Kafka does not take; {_FORM}")
    return TopicAddress(tuple(map(_broker, hosts.split(","))), topic)


def _broker(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{text!r} is no host and port; {_FORM}") from None
    if not host:
        raise ValueError(f"the URL names no host; {_FORM}")
    return host, PORT if port is None else port
