"""Turns of sessions, for who tests what becomes of them."""

from typing import Any

import msgspec

from gossamer.core.record import Record
from gossamer.projections.paths import sessions_path
from gossamer.projections.sessions.writer import SessionFile
from gossamer.projections.traces.trace import Trace
from tests.real.admin.house import TRACE, House


def say(house: House, user_id: str | None, name: str, **changes: Any) -> str:
    """A finished request, as the recorder stores it; the id of its trace."""
    trace_id = house.trace(user_id, session=name, **changes)
    record = Record(**{**TRACE, "id": trace_id, "user": user_id, "session": name, **changes})
    file = SessionFile(sessions_path(house.app.state.desk.data_dir), lambda _: None, lambda: 1000)
    file.store([Trace(record, msgspec.json.encode(record), ())], {}, ())
    file.close()
    return trace_id
