"""CPU of a worker for a request with an agent's directive and a session, beside one with neither: interleaved rounds.

    python -m benchmarks.directives [ROUNDS]

The mock is a process of its own, so that its reading of a longer prompt is in neither figure.
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.system.gateway import standard_config, start_gateway, start_mock
from tests.system.identity.administration import register
from tests.system.node import CHAT, Node
from tests.system.raw_client import RawClient

REQUESTS = 2_000
CLIENTS = 8
BODY: dict[str, Any] = {"model": "house", "messages": [{"role": "user", "content": "Hello, what is new? " * 10}]}
SENT = "the prompt from the client"
TEXT = "Answer in the voice of the house, in two sentences at most, and name your sources. " * 6
SENT_ALONG = {**BODY, "messages": [{"role": "system", "content": TEXT}, *BODY["messages"]]}
"""The same prompt from the client: what a longer body costs by itself, here and in how soon the mock answers."""


def cpu_us(pid: int) -> float:
    """To the nanosecond, as the scheduler counts; ticks of 10 ms would be most of the difference that is looked for."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1000


async def send(port: int, token: str, headers: dict[str, str], body: object) -> None:
    async def one() -> None:
        async with RawClient(port, token) as client:
            for _ in range(REQUESTS // CLIENTS):
                answer = await client.ask("POST", CHAT, body, **headers)
                assert answer.status == 200, answer

    await asyncio.gather(*(one() for _ in range(CLIENTS)))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    with tempfile.TemporaryDirectory() as home, start_mock("--ttft", "0", "--gap", "0", "--tokens", "8") as mock:
        measure(Path(home), mock.url, rounds)


def measure(home: Path, mock_url: str, rounds: int) -> None:
    with start_gateway(home, standard_config(mock_url), 1) as gateway:
        admin = register(Node(gateway))
        directive = admin.do("POST", "directives", {"name": "voice", "text": TEXT})["id"]
        key, agent = admin.add_key(), admin.add_agent(directive_id=directive)
        plain_agent = admin.add_agent()
        arms = {
            "neither": {},
            "agent": {"x_agent_id": plain_agent},
            SENT: {},
            "session": {"x_session_id": "talk-1"},
            "agent, directive, session": {"x_agent_id": agent, "x_session_id": "talk-1"},
        }
        (pid,) = gateway.workers
        spent: dict[str, list[float]] = {name: [] for name in arms}
        for number in range(rounds + 1):
            for name, headers in arms.items():
                before = cpu_us(pid)
                asyncio.run(send(gateway.port, key.token, headers, SENT_ALONG if name == SENT else BODY))
                if number:
                    spent[name].append((cpu_us(pid) - before) / REQUESTS)
        base = spent["neither"]
        for name, figures in spent.items():
            ratio = statistics.median(one / other for one, other in zip(figures, base, strict=True))
            print(f"{name:<28} {statistics.median(figures):7.1f} us   {ratio:.3f} x")


if __name__ == "__main__":
    main()
