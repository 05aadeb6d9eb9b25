"""What a request may use, before it is known: its tokens, and with a price its money. What it used is settled later."""

from typing import Final

from gossamer.core.errors import PriceUnknown
from gossamer.core.exchange import Exchange
from gossamer.core.record import Usage
from gossamer.counters.rules import Rules
from gossamer.dialects.ask import asked_output

_BYTES_A_TOKEN: Final = 4
"""Of English JSON; other languages have fewer, and are settled like all."""
_FREE_METHODS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
"""They look, or tidy up: nothing is generated, but where a server takes any method for a POST."""


def input_estimate(exchange: Exchange) -> int:
    """Tokens of what is sent. An upload is known by its length alone."""
    size = len(exchange.body) or (exchange.request.head.length or 0 if exchange.is_upload else 0)
    return -(-size // _BYTES_A_TOKEN)


def weight_of(exchange: Exchange, rules: Rules, *, has_budget: bool) -> tuple[int, int | None]:
    """Tokens and nano-dollars to charge for now, of what is limited by either. Raises PriceUnknown."""
    endpoint, target = exchange.caller.endpoint, exchange.target
    if endpoint.is_free or (target is not None and target.is_agent):
        return 0, 0 if has_budget else None
    read = -(-len(exchange.body) // _BYTES_A_TOKEN) or input_estimate(exchange)
    dialect = endpoint.dialect
    written = 0 if dialect == "embeddings" else asked_output(exchange.body, rules.output_tokens, dialect)
    nanos = price(exchange, rules, Usage(read, written)) if has_budget else None
    # Of a path that nobody here understands the tokens are unknown, and so uncounted; its price is the safe guess.
    return read + written if endpoint.needs_model else 0, nanos


def price(exchange: Exchange, rules: Rules, estimate: Usage) -> int | None:
    """What a budget must have room for; None where nobody knows, and the settings allow that."""
    if exchange.caller.method in _FREE_METHODS and not exchange.caller.endpoint.needs_model:
        return 0
    targets = exchange.route.targets if exchange.route is not None else (exchange.target,)
    prices = [target.price for target in targets if target is not None and target.price is not None]
    if len(prices) == len(targets):  # whichever answers, there is room for it
        return max(tariff.cost(estimate) for tariff in prices)
    if rules.refuses_unpriced:
        label = next((one.label for one in targets if one is not None and one.price is None), "what was asked for")
        raise PriceUnknown(
            f"A budget limits this request, and nobody has said what {label} costs. "
            "The operator can put it into `prices`, or set `limits.unpriced` to `allow`."
        )
    return None
