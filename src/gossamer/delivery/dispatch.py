"""The call to the target that was decided on. Where there are other ways, routed.py goes them."""

from gossamer.core.clock import now_ns
from gossamer.core.exchange import Exchange
from gossamer.delivery.forward import Delivery
from gossamer.delivery.prepare import prepare
from gossamer.delivery.reply import reply_with
from gossamer.delivery.routed import dispatch_routed
from gossamer.delivery.upload import Upload


def dispatch(exchange: Exchange) -> None:
    if exchange.route is not None:
        dispatch_routed(exchange, exchange.route)
        return
    target = exchange.target
    assert target is not None
    answer = prepare(exchange)
    if answer is not None:
        reply_with(exchange, answer)
        return
    exchange.request.owner = delivery = Delivery(exchange)
    exchange.sent_ns = exchange.services.turn.worked_ns = sent_ns = now_ns()
    exchange.stamps.append(sent_ns)
    uploader = Upload(exchange, delivery.body_refused) if exchange.is_upload else None
    delivery.sending = target.provider.send(exchange, delivery, uploader)
