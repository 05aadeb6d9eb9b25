"""The call to the target that was decided on."""

from gossamer.core.clock import now_ns
from gossamer.core.exchange import Exchange
from gossamer.delivery.forward import Delivery
from gossamer.delivery.upload import Upload


def dispatch(exchange: Exchange) -> None:
    target = exchange.target
    assert target is not None
    delivery = Delivery(exchange)
    exchange.request.owner = delivery
    exchange.sent_ns = sent = now_ns()
    exchange.stamps.append(sent)
    uploader = Upload(exchange) if exchange.is_upload else None
    delivery.sending = target.provider.send(exchange, delivery, uploader)
