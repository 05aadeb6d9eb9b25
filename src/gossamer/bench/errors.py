"""What can spoil a measurement, split by who is to blame: the gateway is judged for its own failures only."""


class BenchError(Exception):
    """A measurement could not be taken; the text says what to do about it."""


class RigBroken(BenchError):
    """Ours: a tool is missing, or load, mock or nginx did not do their part. Nothing is known of the gateway."""


class SubjectBroken(BenchError):
    """The gateway's: it did not start, died, or answered what it should not have."""
