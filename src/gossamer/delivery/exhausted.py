"""What failed attempts come to: what each means for the route, and the one error that tells of all of them."""

from typing import Final

from gossamer.core.errors import GatewayError, ProviderBusy, ProviderRefusedKey, ProviderTimeout, ProviderUnavailable
from gossamer.core.exchange import Exchange
from gossamer.core.failure import Failure
from gossamer.core.record import Attempt
from gossamer.delivery.answer_head import AnswerHead
from gossamer.delivery.failures import seconds_of
from gossamer.http.errors import CallFailed, CallTimeout, ConnectFailed, ConnectTimeout
from gossamer.policy.retry import kind_of_status

_BUSY: Final = frozenset({429, 503, 529})
_DENIED: Final = frozenset({401, 403})


def failure_of_status(status: int, seen: AnswerHead) -> Failure:
    return Failure(kind_of_status(status), seconds_of(seen.retry_after))


def failure_of_call(error: CallFailed) -> Failure:
    if isinstance(error, ConnectFailed):
        return Failure("unreached" if isinstance(error, ConnectTimeout) else "refused")
    return Failure("late" if isinstance(error, CallTimeout) else "reset")


def all_failed(exchange: Exchange, last: GatewayError | None, retry_after_s: float | None = None) -> GatewayError:
    """By the most telling failure: somebody is busy and may soon not be; else the last one's own word."""
    attempts = exchange.attempts
    if len(attempts) == 1 and last is not None:
        return last
    told = f"No target answered: {'; '.join(map(_in_brief, attempts))}. Try again later."
    error: GatewayError
    if isinstance(last, ProviderBusy) or any(attempt.status in _BUSY for attempt in attempts):
        error = ProviderBusy(told, retry_after_s=retry_after_s)
    elif isinstance(last, ProviderTimeout):
        error = ProviderTimeout(told)
    elif len({attempt.target for attempt in attempts}) == 1 and all(one.status in _DENIED for one in attempts):
        error = ProviderRefusedKey(f"{told} Each of the gateway's own keys was refused. Its operator must mend that.")
    else:
        error = ProviderUnavailable(told)
    error.attempts = attempts
    return error


def _in_brief(attempt: Attempt) -> str:
    if not attempt.status:
        return f"{attempt.target} {attempt.error}"
    return f"{attempt.target} answered {attempt.status}{'' if attempt.status >= 400 else f': {attempt.error}'}"
