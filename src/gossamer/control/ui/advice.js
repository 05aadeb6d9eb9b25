// What to do about an error, by its code: the short form of docs/reference/errors.md, which a test holds it to.

const ADVICE = {
  invalid_request: "The caller sent what cannot be read: mend the request.",
  invalid_api_key: "The caller showed no key, or one that is not known here: give it one, below Keys.",
  model_forbidden: "The key has a list of models, and this is none of them: change the key or the model.",
  agent_forbidden: "The key may not speak for this agent: name one of its own.",
  scope_forbidden: "The key lacks the scope for this path.",
  price_unknown:
    "A budget limits this key and the model has no price: set one in `prices`, or `limits.unpriced: allow`.",
  not_found: "There is no such path, provider or kept response: look at the path that was asked.",
  previous_response_not_found: "What it goes on from is not kept any more: the caller sends the whole conversation.",
  model_not_found: "No alias and no provider has this name: GET /v1/models lists those that there are.",
  request_timeout: "The body came too slowly: look at the caller's network.",
  request_too_large: "The body is larger than `server.limits.body_bytes`: send less, or raise it.",
  idempotency_key_in_use: "The first request with this key is under way: ask again after it.",
  idempotency_answer_lost: "The answer was too large to be kept: take a new key.",
  idempotency_key_reused: "Another request was sent with this key: a new one for each request.",
  rate_limit_exceeded:
    "The requests of the minute were used up: wait, or raise the limit of key, user, agent or model.",
  token_limit_exceeded: "The tokens of the minute were used up: wait, or raise the limit.",
  budget_exceeded: "The budget of the day or month is spent: wait, or raise it.",
  internal_error: "A defect of the gateway: its log has it under the request's id. Please report it.",
  unavailable: "The state store or Redis could not be asked: gossamer doctor says what is not reachable.",
  provider_unavailable:
    "No target gave an answer: the attempts say why. A route with a fallback helps (docs/howto/fallback.md).",
  provider_auth: "The provider refused the gateway's own key: mend `api_keys` of the provider.",
  provider_timeout:
    "The provider was slower than its `timeouts`, or the route than its `deadline`: raise it, or add a fallback.",
  provider_refused: "The provider refused the request in its own words, which the caller was told.",
};

/** Null where an error says all of it itself: words of a provider. */
export const adviceOn = (code) => ADVICE[code] ?? null;
