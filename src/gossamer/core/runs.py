"""The mark by which the front door knows a call of an agent's run: nobody but this gateway's own processes can make it.

It says whose run it is, and how deep: an agent may use agents, and those others, but not for ever. The secret is made
anew with each start, and known to the workers and the agents alone.
"""

import re
from hmac import compare_digest
from typing import Final
from urllib.parse import quote, unquote

import msgspec

RUN_HEADER: Final = "x-gossamer-run"
AGENT_HEADER: Final = "x-gossamer-agent"
CALLERS_HEADER: Final = "x-gossamer-callers"
"""From a worker to the agents: the ids of whoever asks, as `write_callers` has them."""
HOUSE_HEADER: Final = "x-gossamer-house"
"""From a worker to the agents: whose the session is, as `write_callers` has it."""
STEPS_HEADER: Final = "x-gossamer-steps"
RUN_PREFIX: Final = "run_"
ANSWER_WITHIN_S: Final = 30.0
"""For the last call of an agent that is to answer with what is there, when its time is over."""
MOST_DEPTH: Final = 4
"""Agents one below the other. Calls within calls are counted: a client's is 0, those of its agent 1, those of an agent
that this one uses 2."""

_MARK: Final = re.compile(r"([!-~]+) (run_[!-~]{1,128}) ([0-9])")


class RunMark(msgspec.Struct, frozen=True):
    """`depth` of the call that bears it."""

    run: str
    depth: int


def write_mark(secret: str, mark: RunMark) -> str:
    return f"{secret} {mark.run} {mark.depth}"


def write_callers(*ids: str | None) -> str:
    """Quoted: the name of a key in the settings is its id, and may be any text."""
    return " ".join(quote(each, safe="") for each in ids if each)


def read_callers(value: bytes) -> frozenset[str]:
    return frozenset(map(unquote, value.decode("latin-1").split()))


def read_house(value: bytes) -> str:
    return unquote(value.decode("latin-1"))


def read_mark(secret: str, value: bytes) -> RunMark | None:
    """None: not one of ours, and so no mark at all."""
    found = _MARK.fullmatch(value.decode("latin-1"))
    if found is None or not secret or not compare_digest(found[1].encode("latin-1"), secret.encode()):
        return None
    return RunMark(found[2], int(found[3]))
