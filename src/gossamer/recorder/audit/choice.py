"""Which sink the settings ask for."""

import os
from pathlib import Path

from gossamer.config.settings import Settings
from gossamer.projections.audit.file import AuditFiles
from gossamer.projections.audit.topic import TopicWriter
from gossamer.projections.paths import audit_path
from gossamer.recorder.audit.changes import ChangeSource
from gossamer.recorder.audit.file_sink import AuditFileSink
from gossamer.recorder.audit.topic_sink import AuditTopicSink


def audit_sink(settings: Settings) -> AuditFileSink | AuditTopicSink | None:
    """None where no audit is kept beside the state store."""
    audit = settings.audit_in_full
    if audit.to == "none":
        return None
    data_dir = Path(settings.data_dir)
    node = os.uname().nodename
    changes = ChangeSource(data_dir, node)
    directory = audit_path(data_dir)
    if audit.to == "file":
        files = AuditFiles(directory, audit.max_file_size_bytes, audit.max_file_age_s)
        return AuditFileSink(files, changes, node, settings.retention.audit_s)
    return AuditTopicSink(TopicWriter(audit.for_topic()), changes, directory, node)
