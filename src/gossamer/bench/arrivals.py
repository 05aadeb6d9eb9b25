"""When the requests of an open loop are due: as users come, who know nothing of each other. Pure."""

import random


def arrivals_ns(count: int, rate_per_s: int, seed: int) -> list[int]:
    """Rising, with exponential gaps; the same for each way that is asked with the same seed."""
    chance = random.Random(seed)  # noqa: S311 - arrivals are no secret
    due_s = 0.0
    found = []
    for _ in range(count):
        due_s += chance.expovariate(rate_per_s)
        found.append(round(due_s * 1e9))
    return found
