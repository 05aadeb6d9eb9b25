"""Ids of requests, one after the other: of each thousand only the first costs a call of ours."""

from collections.abc import Callable
from itertools import chain, count
from typing import Final

_ENDS: Final = tuple(f"{number:03}" for number in range(1000))


def mint(life: str) -> Callable[[], str]:
    """`req_`, what tells this process from all others, and a number that counts up."""
    thousands = (map(f"req_{life}-{number}".__add__, _ENDS) for number in count())
    return chain.from_iterable(thousands).__next__
