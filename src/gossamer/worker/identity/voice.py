"""How the parts of identity speak to the control process, without knowing the connection."""

from collections.abc import Callable

from gossamer.feed.messages import FromWorker

Say = Callable[[FromWorker], bool]
"""Whether there was anybody to say it to."""
