"""Every way in which a request can be refused, split by who is to blame.

A class says status, code and whether another try could help; an instance says what happened and what to do.
How the body looks is the dialect's business (gossamer.dialects).
"""

from typing import ClassVar

from gossamer.core.record import Attempt, Outcome


class GatewayError(Exception):
    """A request that ends here, with an answer that names what to do."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    kind: ClassVar[str] = "api_error"
    retryable: ClassVar[bool] = False
    outcome: ClassVar[Outcome] = "refused"

    def __init__(self, message: str, *, param: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s
        self.attempts: tuple[Attempt, ...] = ()
        """Where several were made: what became of each."""


# --- the caller's ---


class CallerError(GatewayError):
    """The request cannot be served as it is; the same bytes would fail again."""

    status = 400
    code = "invalid_request"
    kind = "invalid_request_error"


class InvalidRequest(CallerError):
    """Not JSON, a wrong type, a missing member."""


class InvalidApiKey(CallerError):
    status = 401
    code = "invalid_api_key"
    kind = "authentication_error"


class ModelForbidden(CallerError):
    status = 403
    code = "model_forbidden"
    kind = "permission_error"


class AgentForbidden(CallerError):
    status = 403
    code = "agent_forbidden"
    kind = "permission_error"


class ScopeForbidden(CallerError):
    status = 403
    code = "scope_forbidden"
    kind = "permission_error"


class PriceUnknown(CallerError):
    """A budget cannot be kept by what nobody can price."""

    status = 403
    code = "price_unknown"
    kind = "permission_error"


class NotFound(CallerError):
    status = 404
    code = "not_found"
    kind = "not_found_error"


class ModelNotFound(NotFound):
    code = "model_not_found"


class KeptNotFound(NotFound):
    """A response or a conversation; in the words of the API that both come from."""

    kind = "invalid_request_error"


class PreviousResponseNotFound(InvalidRequest):
    code = "previous_response_not_found"


class SlowBody(CallerError):
    status = 408
    code = "request_timeout"
    kind = "timeout_error"


class BodyTooLarge(CallerError):
    status = 413
    code = "request_too_large"


class IdempotencyKeyInUse(CallerError):
    """The first request with this key is under way."""

    status = 409
    code = "idempotency_key_in_use"
    retryable = True


class IdempotencyAnswerLost(CallerError):
    """It was answered, and the answer was too large to be kept: another try would be paid once more."""

    status = 409
    code = "idempotency_answer_lost"


class IdempotencyKeyReused(CallerError):
    """Another request was sent with this key."""

    status = 422
    code = "idempotency_key_reused"


class RateLimitExceeded(CallerError):
    status = 429
    code = "rate_limit_exceeded"
    kind = "rate_limit_error"
    retryable = True


class TokenLimitExceeded(RateLimitExceeded):
    code = "token_limit_exceeded"


class BudgetExceeded(RateLimitExceeded):
    code = "budget_exceeded"


# --- the provider's ---


class ProviderError(GatewayError):
    """The provider did not answer as it should."""

    status = 502
    code = "provider_unavailable"
    retryable = True
    outcome = "provider_failed"


class ProviderUnavailable(ProviderError):
    """Refused, reset, or answered with a server error."""


class ProviderBusy(ProviderError):
    """Overloaded, by its own word: come back later."""

    status = 503


class ProviderTimeout(ProviderError):
    status = 504
    code = "provider_timeout"
    kind = "timeout_error"


class ProviderRefusedKey(ProviderError):
    """The gateway's own key was refused: the operator's to mend, not the caller's."""

    code = "provider_auth"
    retryable = False


# --- ours ---


class InternalError(GatewayError):
    """A defect of the gateway."""


class Unavailable(GatewayError):
    """What the answer depends on cannot be asked now: nothing is said about the request itself."""

    status = 503
    code = "unavailable"
    retryable = True
