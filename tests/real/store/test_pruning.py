"""Old events are removed where that is wished, and only once they are kept elsewhere."""

from gossamer.config.audit import AuditSettings
from gossamer.config.settings import RetentionSettings, Settings
from gossamer.control.pruning import prune
from gossamer.control.store.store import Store
from tests.real.store.things import OPERATOR

AT_ONCE = RetentionSettings(audit_changes_s=1e-6)


async def count(store: Store) -> int:
    return len((await store.events()).items)


async def test_nothing_is_removed_unless_it_is_wished(store):
    await store.note_event(OPERATOR, "test.a")
    await prune(store, Settings(audit="none"))
    assert await count(store) == 1


async def test_what_is_kept_nowhere_else_goes_by_its_age(store):
    await store.note_event(OPERATOR, "test.a")
    await prune(store, Settings(audit="none", retention=AT_ONCE))
    assert await count(store) == 0


async def test_what_is_to_go_elsewhere_waits_until_it_is_there(store):
    await store.note_event(OPERATOR, "test.a")
    settings = Settings(audit=AuditSettings(to="kafka://h/t"), retention=AT_ONCE)
    await prune(store, settings)
    assert await count(store) == 1
    await store.hand_on("a", 0)
    await prune(store, settings)
    assert await count(store) == 1
    await store.note_event(OPERATOR, "test.b")
    await store.hand_on("a", 1)
    await prune(store, settings)
    assert [event.action for event in (await store.events()).items] == ["test.b"]
