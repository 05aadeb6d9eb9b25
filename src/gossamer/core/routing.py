"""The words for how one of several targets is chosen, the same in the file, in the store and on the way."""

from typing import Literal

Strategy = Literal["fallback", "weighted", "round-robin", "least-busy", "lowest-latency"]
Sticky = Literal["session", "key", "none"]
