"""How a record looks to a person: one aligned line. Values in, text out."""

from datetime import UTC, datetime

from gossamer.core.record import Record

HEADING = f"{'time':23}  {'st.':3}  {'outcome':15}  {'target':28}  {'total ms':>10}  {'ours ms':>8}  {'tokens':>11}  id"
NS_PER_MS = 1_000_000
COLOURS = {2: "\x1b[32m", 4: "\x1b[33m", 5: "\x1b[31m"}
"""By the class of the status: green, yellow, red."""
PLAIN = "\x1b[0m"


def render_row(record: Record, *, is_coloured: bool) -> str:
    """Time, status, outcome, target or model, milliseconds in all and of ours, tokens in/out, id, error."""
    status = f"{record.status:3}"
    if is_coloured and (colour := COLOURS.get(record.status // 100)):
        status = f"{colour}{status}{PLAIN}"
    name = _printable(record.target or record.model or "-")
    usage = record.usage
    tokens = f"{usage.input}/{usage.output}" if usage else "-"
    error = f"  {_printable(record.error)}" if record.error else ""
    return (
        f"{_local_time(record.at)}  {status}  {record.outcome:15}  {name:28}  {_ms(record.total_ns, 1):>10}  "
        f"{_ms(record.overhead_ns, 3):>8}  {tokens:>11}  {_printable(record.id)}{error}"
    )


def _local_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(" ", "milliseconds")[:23]


def _ms(duration_ns: int, digits: int) -> str:
    return f"{duration_ns / NS_PER_MS:.{digits}f}"


def _printable(text: str) -> str:
    """What callers choose (a model's name) must not steer the terminal of whoever looks at it."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
