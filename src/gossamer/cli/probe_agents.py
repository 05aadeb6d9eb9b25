"""What `doctor` asks of agents: can each be made, can its limits be kept, and does their process answer where a gateway
runs?
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gossamer.agents.form import form_of
from gossamer.agents.patterns.known import find_pattern
from gossamer.cli.probe_node import ASK_S, Finding
from gossamer.config.agents import AgentSettings
from gossamer.config.routes import targets_of
from gossamer.config.settings import Settings
from gossamer.feed.paths import agents_path
from gossamer.providers.prices import prices_of


def probe_agents(data_dir: Path, settings: Settings) -> list[Finding]:
    """What is wrong with one, and a line for their process."""
    agents = settings.agents
    if not agents:
        return []
    wrong = [finding for name, each in agents.items() if (finding := _probe(name, each)) is not None]
    wrong += _unpriced(settings)
    return [*wrong, _probe_process(agents_path(data_dir.absolute()), len(agents))]


def _probe(name: str, agent: AgentSettings) -> Finding | None:
    try:
        find_pattern(agent.pattern)
        if agent.output_schema is not None:
            form_of(msgspec.json.decode(agent.output_schema))
    except ValueError as error:
        return Finding("fail", f"agents.{name}", str(error))
    return None


def _unpriced(settings: Settings) -> Iterator[Finding]:
    """Of routes in the state store, only the first request knows."""
    prices = prices_of(settings)
    for name, agent in settings.agents.items():
        if agent.limits.cost_nanos is None:
            continue
        targets = [each.target for each in targets_of(settings.models.get(agent.model, agent.model))]
        unknown = [target for target in targets if "/" in target and prices.get(target) is None]
        if unknown:
            words = f"limits.cost cannot be kept: nobody knows what {', '.join(unknown)} costs; put it into `prices`"
            yield Finding("warn", f"agents.{name}", words)


def _probe_process(path: Path, count: int) -> Finding:
    """Any answer will do. Who knocks without a mark is refused, and that is one."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(ASK_S)
            sock.connect(str(path))
            sock.sendall(b"GET / HTTP/1.1\r\nHost: agents\r\nConnection: close\r\n\r\n")
            answered = sock.recv(1) != b""
    except (FileNotFoundError, ConnectionRefusedError):
        return Finding("ok", "agents", f"{count} agents; no gateway with agents runs here now")
    except OSError as error:
        return Finding("fail", "agents", f"their process does not answer at {path} ({error}); see its lines in the log")
    if not answered:
        return Finding("fail", "agents", f"their process hung up at {path}; see its lines in the log")
    return Finding("ok", "agents", f"{count} agents, and their process answers")
