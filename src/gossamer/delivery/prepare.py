"""What this target gets out of what the client sent: another name for the model, the wish to be told the usage, and
where it does not take the client's dialect, another dialect.

Called once for each attempt, since each target may want it another way. `exchange.body` stays the client's own;
`exchange.outgoing` is the same object where nothing has to change.
"""

from gossamer.core.exchange import Exchange
from gossamer.core.ports import Reply
from gossamer.dialects.ask import ask_for_usage, replace_model, reworded
from gossamer.dialects.multipart import is_form, replace_model_in_form


def prepare(exchange: Exchange) -> Reply | None:
    """A Reply where the gateway answers in the target's stead."""
    target = exchange.target
    assert target is not None
    wording = target.provider.wordings.get(exchange.caller.endpoint.dialect)
    if wording is not None:
        return wording.prepare(exchange, target.model)
    body = exchange.body
    model = target.model
    asks_usage = exchange.hides_usage and exchange.caller.endpoint.asks_usage
    if exchange.is_upload:
        if model is not None:
            _rename_in_upload(exchange, model)
    elif asks_usage or (model is not None and model != exchange.model):
        body = _reworded(exchange, body, model, asks_usage=asks_usage)
    exchange.outgoing = body
    return None


def _reworded(exchange: Exchange, body: bytes, model: str | None, *, asks_usage: bool) -> bytes:
    if model == exchange.model:
        model = None
    members = exchange.compact
    if members is not None:
        return reworded(members, model, asks_usage=asks_usage)
    if model is not None:
        body = _renamed(exchange, body, model)
    return ask_for_usage(body) if asks_usage else body


def _renamed(exchange: Exchange, body: bytes, model: str) -> bytes:
    content_type = exchange.request.head.get(b"content-type") or b""
    if is_form(content_type):
        return replace_model_in_form(content_type, body, model)
    return replace_model(body, model)


def _rename_in_upload(exchange: Exchange, model: str) -> None:
    """Its beginning may have been changed for another target before."""
    old = exchange.upload_beginning
    if model == exchange.model and not exchange.upload_growth_bytes and not exchange.attempts:
        return
    content_type = exchange.request.head.get(b"content-type") or b""
    new = exchange.upload_beginning = replace_model_in_form(content_type, old, model)
    exchange.request.replace_beginning(old, new)
    exchange.upload_growth_bytes += len(new) - len(old)
