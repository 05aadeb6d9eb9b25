"""The cache is purged by admins, and all workers are told."""

from typing import Any

import pytest

from gossamer.core.purge import parse_purge
from tests.real.admin.house import House, Person, refusal

PURGE = "/admin/v1/cache/purge"


async def purge(house: House, person: Person, body: object) -> Any:
    return await house.ask("POST", PURGE, body, token=person.token)


@pytest.mark.parametrize(
    "body",
    [{"by": "key", "name": "k1"}, {"by": "agent", "name": "a"}, {"by": "user", "name": "u"}, {"by": "all"}],
)
async def test_workers_are_told_what_to_forget_and_when(house: House, admin: Person, body: dict[str, str]):
    before = await house.store.revision()
    assert (await purge(house, admin, body)).status_code == 204
    (change,) = await house.store.changes_since(before) or []
    (told,) = map(parse_purge, change.purged)
    assert (told.by, told.name) == (body["by"], body.get("name", ""))
    assert told.at > 1_000_000
    (event, *_) = (await house.store.events()).items
    assert (event.action, (event.after or {})["by"]) == ("cache.purge", body["by"])


@pytest.mark.parametrize(
    "body", [{"by": "key"}, {"by": "all", "name": "x"}, {"by": "moon", "name": "x"}, {"by": "key", "name": "a b"}, {}]
)
async def test_what_is_not_said_is_not_guessed(house: House, admin: Person, body: dict[str, str]):
    before = await house.store.revision()
    assert (await purge(house, admin, body)).status_code == 400
    assert await house.store.revision() == before


async def test_members_may_not(house: House, ada: Person):
    assert refusal(await purge(house, ada, {"by": "all"}))[0] == 403
