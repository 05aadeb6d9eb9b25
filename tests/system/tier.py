"""A tier of three targets under load: one fails until it is back, one is slow, one is well.

python -m tests.system.tier      30 seconds by hand: errors, what the answers took, when the failing one was asked again
"""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self

from tests.system.gateway import TOKEN, Mock, start_gateway, start_mock
from tests.system.raw_client import RawClient

CHAT = "/v1/chat/completions"
WELL_MS, SLOW_MS = 300, 3000
TOO_SLOW = "1s"
"""What the settings say where nothing is measured: a target that has not begun to answer by then has failed."""


class Failing:
    """A provider that answers 500, until it is put right: another process on the same port."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._mock = start_mock("--fault", "500", *options)
        self.url = self._mock.url

    def put_right(self) -> None:
        self._mock.end()
        self._mock = Mock("mock", "--port", self.url.rpartition(":")[2], *self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._mock.end()


class Asked(NamedTuple):
    """One request, in seconds since the load began."""

    at_s: float
    took_s: float
    status: int
    target: str
    attempts: int


def tier_config(bad: str, slow: str, well: str, **route: Any) -> dict[str, Any]:
    """`tier` is the three of them, `alone` the one that is well."""
    urls = {"bad": bad, "slow": slow, "well": well}
    timeouts = {} if route.get("strategy") == "lowest-latency" else {"timeouts": {"first_byte": TOO_SLOW}}
    return {
        "providers": {
            name: {"kind": "openai-compatible", "base_url": f"{url}/v1", **timeouts} for name, url in urls.items()
        },
        "models": {"tier": {"targets": ["bad/mock", "slow/mock", "well/mock"], **route}, "alone": "well/mock"},
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
    }


async def load_until_back(port: int, failing: Failing, concurrent: int, for_s: float) -> tuple[list[Asked], float]:
    """The whole load, in two thirds of which the failing one fails; and when it was back, in seconds of the load."""
    began = time.monotonic()
    loading = asyncio.create_task(load(port, "tier", concurrent, for_s))
    await asyncio.sleep(for_s * 2 / 3)
    await asyncio.to_thread(failing.put_right)
    back_s = time.monotonic() - began
    return await loading, back_s


async def load(port: int, model: str, concurrent: int, for_s: float) -> list[Asked]:
    """So many at once, each asking again as soon as it has its answer."""
    began = time.monotonic()
    found: list[Asked] = []

    async def ask_on() -> None:
        async with RawClient(port, TOKEN) as client:
            while (at_s := time.monotonic() - began) < for_s:
                answer = await client.ask(
                    "POST", CHAT, {"model": model, "messages": [{"role": "user", "content": "a"}]}
                )
                took_s = time.monotonic() - began - at_s
                target = answer.header("x-gossamer-target") or ""
                attempts = int(answer.header("x-gossamer-attempts") or 0)
                found.append(Asked(at_s, took_s, answer.status, target, attempts))

    await asyncio.gather(*(ask_on() for _ in range(concurrent)))
    return found


def quantile(asked: list[Asked], share: float) -> float:
    took = sorted(each.took_s for each in asked)
    return took[min(len(took) - 1, int(len(took) * share))]


def main(for_s: float = 30.0, concurrent: int = 200) -> None:
    options = ("--tokens", "5")
    for strategy in ("fallback", "round-robin", "lowest-latency"):
        with (
            TemporaryDirectory() as home,
            Failing("--ttft", str(WELL_MS), *options) as bad,
            start_mock("--ttft", str(SLOW_MS), *options) as slow,
            start_mock("--ttft", str(WELL_MS), *options) as well,
            start_gateway(Path(home), tier_config(bad.url, slow.url, well.url, strategy=strategy)) as gateway,
        ):
            asked, back_s = asyncio.run(load_until_back(gateway.port, bad, concurrent, for_s))
            alone = asyncio.run(load(gateway.port, "alone", concurrent, 10.0))
        opened = [each for each in asked if each.at_s > 3.0]
        answers_s = min((each.at_s for each in asked if each.target == "bad/mock"), default=-1)
        errors = sum(each.status != 200 for each in asked)
        again = sum(each.attempts > 1 for each in opened)
        print(  # noqa: T201 - by hand
            f"{strategy}: {len(asked)} requests, {errors} errors; since 3 s {again} of {len(opened)} asked twice; "
            f"p50 {quantile(opened, 0.5):.3f} s, p99 {quantile(opened, 0.99):.3f} s; "
            f"the one that is well alone p50 {quantile(alone, 0.5):.3f} s, p99 {quantile(alone, 0.99):.3f} s; "
            f"slow answered {sum(each.target == 'slow/mock' for each in opened)}; "
            f"bad is well since {back_s:.1f} s, answers what was asked at {answers_s:.1f} s"
        )


if __name__ == "__main__":
    main()
