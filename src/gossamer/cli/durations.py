"""How long ago, or for how long, as options of commands take it."""

import argparse
import re
from typing import Final

UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def age_s(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: give one such as 30s, 10m, 2h or 1d")
    return float(found[1]) * UNITS_S[found[2]]
