"""wrk as load generator where CPU is measured: it costs the least and is nobody's own code here.

Reports exact counts through its Lua hook, since its printed summary rounds.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gossamer.bench.errors import RigBroken
from gossamer.bench.placement import Place
from gossamer.bench.processes import HOST, Process
from gossamer.bench.subject import Asking

WAIT_S = 20
"""For an answer. A slow gateway has its requests in a queue; wrk's own two seconds would call that a failure."""
_GRACE_S = 15.0
"""Beyond the asked duration: wrk's own connect and end."""

_COUNTS = re.compile(r"counts (\d+) (\d+) (\d+)")

_SCRIPT = """
wrk.method = "POST"
wrk.body = '{body}'
{headers}
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("counts %d %d %d\\n", summary.requests, e.status, e.connect + e.read + e.write + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """`refused` were answered with a status over 399, `broken` not at all."""

    requests: int
    refused: int
    broken: int


def parse(output: str) -> Counts:
    """What the hook wrote."""
    found = _COUNTS.search(output)
    if found is None:
        raise RigBroken(f"wrk gave no counts: {output.strip()[-300:]}")
    return Counts(*map(int, found.groups()))


def drive(
    port: int, asking: Asking, connections: int, seconds: int, place: Place, workspace: Path, more: str = ""
) -> Counts:
    """One closed loop of POSTs over warm connections. `more` is Lua, such as a `request` of its own."""
    binary = shutil.which("wrk")
    if binary is None:
        raise RigBroken("wrk is missing")
    script, log = workspace / f"post-{port}.lua", workspace / "wrk.log"
    headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in asking.head.items())
    script.write_text(_SCRIPT.format(body=asking.body, headers=headers) + more)
    url = f"http://{HOST}:{port}{asking.path}"
    shape = ["-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={WAIT_S}s"]
    process = Process("wrk", [binary, *shape, "-s", str(script), url], place, log)
    try:
        process.child.wait(seconds + _GRACE_S)
    except subprocess.TimeoutExpired as error:
        raise RigBroken(f"wrk did not end within {seconds + _GRACE_S:g} s") from error
    finally:
        process.stop()
    return parse(log.read_text())
