"""What one worker of several gets of a limit that they do not count together."""


def share(whole: int, workers: int, number: int, *, least: int = 0) -> int:
    """Worker `number`'s part. All parts together are the whole, unless `least` makes them more."""
    part, rest = divmod(whole, workers)
    return max(least, part + (number < rest))
