"""How a topic is reached, in the words of librdkafka, for all who write to it, read it or ask whether it is there."""

import logging
from pathlib import Path
from typing import Final

import msgspec

from gossamer.projections.audit.address import TopicAddress

MISSING: Final = "confluent-kafka is not installed: pip install 'gossamer[kafka]'"
_SILENT: Final = 0
"""Of syslog's levels, the least: what goes wrong is told once, by whoever asked, and not at each try to connect."""


class TopicAccess(msgspec.Struct, frozen=True, kw_only=True):
    """`tls`: false, true, or the PEM file of the CA to trust."""

    address: TopicAddress
    tls: bool | str = False
    certificate: str | None = None
    certificate_key: str | None = None
    mechanism: str = "PLAIN"
    username: str | None = None
    password: str | None = None
    password_file: str | None = None

    def __repr__(self) -> str:
        return f"TopicAccess({self.address.shown}/{self.address.topic})"

    def options(self) -> dict[str, object]:
        """Raises OSError where a password is in a file that cannot be read."""
        has_sasl, has_tls = self.username is not None, self.tls is not False
        words: dict[str, object] = {
            "bootstrap.servers": self.address.shown,
            "client.id": "gossamer",
            "security.protocol": f"{'sasl_' if has_sasl else ''}{'ssl' if has_tls else 'plaintext'}",
            "log_level": _SILENT,
            "logger": logging.getLogger(__name__),
        }
        if isinstance(self.tls, str):
            words["ssl.ca.location"] = self.tls
        if self.certificate is not None and self.certificate_key is not None:
            words |= {"ssl.certificate.location": self.certificate, "ssl.key.location": self.certificate_key}
        if has_sasl:
            words |= {"sasl.mechanism": self.mechanism, "sasl.username": self.username}
            words["sasl.password"] = self._secret()
        return words

    def _secret(self) -> str:
        if self.password_file is not None:
            return Path(self.password_file).read_text(encoding="utf-8").strip()
        return self.password or ""
