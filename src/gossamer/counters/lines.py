"""What an answer says of the limits that it was let in by, in the words of OpenAI's API."""

from typing import Final, NamedTuple

from gossamer.policy.window import SPAN_S


class Shown(NamedTuple):
    """Of the subject that has least left."""

    limit: int
    left: int
    reset_s: int = SPAN_S
    """Until all of it is free again."""


def _words(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


_WORDS: Final = tuple(_words(seconds) for seconds in range(SPAN_S + 1))


def limit_lines(requests: Shown | None, tokens: Shown | None) -> str:
    """The header lines; none of what is not limited."""
    lines = ""
    if requests is not None:
        limit, left, reset_s = requests
        lines = (
            f"x-ratelimit-limit-requests: {limit}\r\nx-ratelimit-remaining-requests: {left}\r\n"
            f"x-ratelimit-reset-requests: {_WORDS[reset_s]}\r\n"
        )
    if tokens is not None:
        limit, left, reset_s = tokens
        lines += (
            f"x-ratelimit-limit-tokens: {limit}\r\nx-ratelimit-remaining-tokens: {left}\r\n"
            f"x-ratelimit-reset-tokens: {_WORDS[reset_s]}\r\n"
        )
    return lines
