"""What `doctor` asks of a Kafka that gets the audit: is it reachable, do we get in, and is there the topic?"""

from gossamer.cli.probe_node import Finding
from gossamer.config.audit import AuditSettings
from gossamer.projections.audit.topic import TopicAway
from gossamer.projections.audit.topic_reading import probe_topic

_SUBJECT = "audit"


def probe_audit(audit: AuditSettings) -> Finding:
    """One line. `audit.to` is the URL of a topic."""
    access = audit.for_topic()
    try:
        partitions = probe_topic(access)
    except TopicAway as error:
        return Finding("fail", _SUBJECT, f"{error}; is the URL right, is it up, and may we in?")
    count = f"{partitions} partition{'s' if partitions > 1 else ''}"
    return Finding("ok", _SUBJECT, f"{access.address.shown} has the topic {access.address.topic}, with {count}")
