"""A directive is part of what is asked: another version of it is another entry, and none is passed by."""

from gossamer.feed.messages import Changed
from tests.wire.cache.answers import tell
from tests.wire.delivery.gateway import ASK, CHAT, Client, Gateway, Origin
from tests.wire.delivery.test_directives import DIRECTIVE, SPEAKS_AS, give


async def word(client: Client, *lines: str) -> bytes:
    await client.ask(ASK, CHAT, *lines)
    return (await client.answer()).headers[b"x-gossamer-cache"]


async def asked_anew(client: Client, origin: Origin, text: str, *lines: str) -> None:
    await client.ask(ASK, CHAT, *lines)
    visit = await origin.visit()
    assert text.encode() in visit.body
    tell(visit)
    assert (await client.answer()).headers[b"x-gossamer-cache"] == b"miss"


async def test_another_version_of_a_directive_is_another_question(gateway: Gateway, origin: Origin):
    client = await gateway.client()
    give(gateway, "Be brief.")
    await asked_anew(client, origin, "Be brief.", SPEAKS_AS)
    assert await word(client, SPEAKS_AS) == b"hit-l1"
    gateway.identity.agents.changed(Changed(2, directives=(DIRECTIVE,)))
    give(gateway, "Be kind.", number=2)
    await asked_anew(client, origin, "Be kind.", SPEAKS_AS)
    assert await word(client, SPEAKS_AS) == b"hit-l1"
    await asked_anew(client, origin, "hi")  # without the agent, and so without its directive
    assert origin.accepted == 1
