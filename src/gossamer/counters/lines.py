"""What an answer says of the limits that it was let in by, in the words of OpenAI's API."""

from typing import Final

from gossamer.policy.window import SPAN_S


def _words(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


_WORDS: Final = tuple(_words(seconds) for seconds in range(SPAN_S + 1))


def request_lines(limit: int, left: int, reset_s: int) -> str:
    """Of the subject that has fewest left. `reset_s`: until all of them are free again."""
    return (
        f"x-ratelimit-limit-requests: {limit}\r\nx-ratelimit-remaining-requests: {max(0, left)}\r\n"
        f"x-ratelimit-reset-requests: {_WORDS[reset_s]}\r\n"
    )


def token_lines(limit: int, left: int, reset_s: int) -> str:
    return (
        f"x-ratelimit-limit-tokens: {limit}\r\nx-ratelimit-remaining-tokens: {max(0, left)}\r\n"
        f"x-ratelimit-reset-tokens: {_WORDS[reset_s]}\r\n"
    )
