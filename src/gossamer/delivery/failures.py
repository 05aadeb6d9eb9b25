"""What went wrong at the provider, said to the caller: whose fault it is decides the status."""

from gossamer.core.errors import (
    GatewayError,
    ProviderBusy,
    ProviderError,
    ProviderRefusedKey,
    ProviderTimeout,
    ProviderUnavailable,
)
from gossamer.core.exchange import Exchange
from gossamer.delivery.answer_head import AnswerHead
from gossamer.dialects.answer import Fault
from gossamer.dialects.faults import fault_in
from gossamer.dialects.inside import Told
from gossamer.http.errors import CallFailed, CallTimeout

_EXCERPT_CHARS = 300
_RETRY_AFTER_DIGITS = 9
"""Thirty years in seconds."""


class RunFailed(ProviderError):
    """An agent's run, as its own answer has it."""

    def __init__(self, status: int, fault: Fault, retry_after_s: float | None) -> None:
        super().__init__(fault.message, param=fault.param or None, retry_after_s=retry_after_s)
        self.status = status  # type: ignore[misc]  # the run's, and so below
        self.code = fault.code or ProviderError.code  # type: ignore[misc]
        self.kind = fault.kind or ProviderError.kind  # type: ignore[misc]


def refusal_of(exchange: Exchange, status: int, seen: AnswerHead, body: bytes) -> GatewayError | None:
    """The error to answer with, or None where the provider's own answer goes on: its word to the caller."""
    if exchange.run is not None:  # whatever refused or failed, this gateway said so, in words for this caller
        return RunFailed(status, fault_in(body, status), seconds_of(seen.retry_after)) if status >= 500 else None
    label = exchange.target.label if exchange.target is not None else "the provider"
    said = f"{label} answered {status}: {_message(body, status)}"
    return _refusal(status, said, seconds_of(seen.retry_after))


def refusal_inside(exchange: Exchange, told: Told) -> GatewayError:
    """The error to answer with where the provider said one in place of an answer."""
    label = exchange.target.label if exchange.target is not None else "The provider"
    said = f"{label} answered 200, and in place of an answer an error: {_sentence(told.words)}"
    if told.status == 429:
        return ProviderBusy(f"{said} Try again later.")
    return _refusal(told.status, said) or ProviderUnavailable(f"{said} Try again.")


def _refusal(status: int, said: str, retry_after_s: float | None = None) -> GatewayError | None:
    """By whose fault it is. None: the provider's own word may go on."""
    if status in (401, 403):
        return ProviderRefusedKey(
            f"The gateway's own key for this provider was refused. Its operator must mend that. {said}"
        )
    if status in (503, 529):
        return ProviderBusy(f"{said} Try again later.", retry_after_s=retry_after_s)
    if status >= 500:
        return ProviderUnavailable(f"{said} Try again.", retry_after_s=retry_after_s)
    return None


def _message(body: bytes, status: int) -> str:
    return _sentence(fault_in(body, status).message if body else "")


def _sentence(words: str) -> str:
    text = " ".join(words.split())[:_EXCERPT_CHARS] or "(no reason given)"
    return text if text.endswith((".", "!", "?", ")")) else text + "."


def seconds_of(retry_after: bytes | None) -> float | None:
    """The seconds form; a date is left to the default, since clocks differ. So is what nobody can wait for."""
    is_told = retry_after is not None and retry_after.isdigit() and len(retry_after) <= _RETRY_AFTER_DIGITS
    return float(retry_after) if retry_after is not None and is_told else None


def in_words(exchange: Exchange, error: CallFailed) -> GatewayError:
    """No answer, or no whole one."""
    label = exchange.target.label if exchange.target is not None else "The provider"
    if isinstance(error, CallTimeout):
        return ProviderTimeout(f"{label} was too slow: {error}. Try again, or raise its timeouts.")
    failed = "broke off" if exchange.answered_ns else "did not answer"
    return ProviderUnavailable(f"{label} {failed}: {error}. Try again.")
