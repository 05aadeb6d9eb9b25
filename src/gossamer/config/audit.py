"""Where audit events go, as the file says it: one word or URL, or a section that says more.

Part of settings.py, in a file of its own.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from gossamer.config.section import Duration, Secret, Section
from gossamer.projections.audit.access import TopicAccess
from gossamer.projections.audit.address import parse_topic_url

AuditTo = Annotated[str, Meta(extra={"leaf": "audit_to"})]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
FilePath = Annotated[str, Meta(extra={"leaf": "path"})]
Size = Annotated[int, Meta(ge=64 * 1024, extra={"leaf": "size"})]


class AuditSettings(Section, frozen=True, kw_only=True):
    """Where audit events go, and how: `audit: file` is short for `audit: {to: file}`."""

    to: Annotated[AuditTo, Meta(description="file, DATA_DIR/audit/; kafka://HOST:9092[,HOST:9092]/TOPIC; or none.")] = (
        "file"
    )
    max_file_size_bytes: Annotated[Size, Meta(description="A file of this size is closed and the next begun.")] = field(
        name="max_file_size", default=128 * 1024 * 1024
    )
    max_file_age_s: Annotated[Duration, Meta(description="So is one of this age.")] = field(
        name="max_file_age", default=86400.0
    )
    tls: Annotated[
        Annotated[bool | str, Meta(extra={"leaf": "trust"})],
        Meta(description="Of Kafka: true, false, or the PEM file of the CA to trust."),
    ] = False
    certificate: Annotated[FilePath | None, Meta(description="PEM file to show to the brokers, where they ask.")] = None
    certificate_key: Annotated[FilePath | None, Meta(description="PEM file with its private key.")] = None
    mechanism: Annotated[Mechanism, Meta(description="Of SASL, where there is a `username`.")] = "SCRAM-SHA-512"
    username: Annotated[str | None, Meta(description="Who the gateway is to Kafka, by SASL.")] = None
    password: Annotated[Secret | None, Meta(description="Best as ${NAME}.")] = None
    password_file: Annotated[FilePath | None, Meta(description="A file that holds it, instead.")] = None

    def for_topic(self) -> TopicAccess:
        """As those who write to the topic or read it take it."""
        return TopicAccess(
            address=parse_topic_url(self.to),
            tls=self.tls,
            certificate=self.certificate,
            certificate_key=self.certificate_key,
            mechanism=self.mechanism,
            username=self.username,
            password=self.password,
            password_file=self.password_file,
        )

    def __repr__(self) -> str:
        return f"AuditSettings(to={self.to!r}, ...)"
