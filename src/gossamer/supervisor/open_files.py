"""How many files and connections a process may hold open. A common default is 1,024, which 500 streams use up."""

import resource
from typing import Final

ENOUGH: Final = 1 << 20
"""More connections than one machine's ports and memory carry; some systems have no upper limit at all."""


def raise_open_files_limit() -> int:
    """As far as the system allows without a privilege; the workers inherit it. Returns what is allowed now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
