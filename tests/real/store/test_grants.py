import asyncio
import sqlite3
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from gossamer.control.store.edits import AgentEdit, KeyEdit, UserEdit
from gossamer.control.store.grants import KEYS_ASKED
from gossamer.core.allowance import Limits
from gossamer.core.directives import Variable
from gossamer.feed.messages import AgentGrant, DirectiveGrant, KeyGrant
from tests.real.store.things import OPERATOR, now


async def test_a_grant_says_all_that_a_worker_decides_by(store, things):
    user = await things.user(limits=Limits(concurrent=9))
    agents = [await things.agent(user_id=user.id) for _ in range(2)]
    ids = frozenset(agent.id for agent in agents)
    expires = now() + timedelta(days=1)
    key, digest = await things.key(
        user_id=user.id,
        scopes=("admin",),
        models=frozenset({"m"}),
        agents=ids,
        limits=Limits(requests_per_min=5),
        expires_at=expires,
    )
    plain, plain_digest = await things.key()
    revision, grants = await store.grants_of_keys([digest, plain_digest, b"x" * 32])
    assert revision == await store.revision()
    assert grants == {
        digest: KeyGrant(
            key_id=key.id,
            name=key.name,
            user_id=user.id,
            scopes=("admin",),
            models=frozenset({"m"}),
            agents=ids,
            limits=Limits(requests_per_min=5),
            user_limits=Limits(concurrent=9),
            expires_at=expires.timestamp(),
        ),
        plain_digest: KeyGrant(key_id=plain.id, name=plain.name),
    }


async def test_only_good_keys_have_a_grant(store, things):
    user = await things.user()
    late, late_digest = await things.key(expires_at=now() - timedelta(seconds=1))
    key, digest = await things.key(user_id=user.id, expires_at=now() + timedelta(hours=1))

    async def granted() -> set[bytes]:
        return set((await store.grants_of_keys([digest, late_digest]))[1])

    assert await granted() == {digest}
    await store.remove_user(OPERATOR, user.id)
    assert await granted() == set()
    await store.change_user(OPERATOR, user.id, UserEdit(is_active=True))
    assert await granted() == {digest}
    await store.change_key(OPERATOR, late.id, KeyEdit(expires_at=None))
    assert await granted() == {digest, late_digest}
    await store.revoke_key(OPERATOR, key.id)
    assert await granted() == {late_digest}


async def test_only_active_agents_of_active_users_have_a_grant(store, things):
    user = await things.user()
    directive = await things.directive("Be {tone}.", {"tone": Variable()}, user_id=user.id)
    agent = await things.agent(
        user_id=user.id,
        models=frozenset({"m"}),
        default_model="m",
        limits=Limits(concurrent=1),
        directive_id=directive.id,
        metadata={"tone": "brief"},
    )
    free = await things.agent()
    still = await things.agent(is_active=False)
    ids = [agent.id, free.id, still.id, "nothing"]
    revision, grants = await store.grants_of_agents(ids)
    assert revision == await store.revision()
    assert grants == {
        agent.id: AgentGrant(
            agent_id=agent.id,
            name=agent.name,
            user_id=user.id,
            models=frozenset({"m"}),
            default_model="m",
            limits=Limits(concurrent=1),
            directive_id=directive.id,
            directive=DirectiveGrant(1, "Be {tone}.", {"tone": Variable()}),
            metadata={"tone": "brief"},
        ),
        free.id: AgentGrant(agent_id=free.id, name=free.name),
    }
    await store.remove_user(OPERATOR, user.id)
    await store.change_agent(OPERATOR, still.id, AgentEdit(is_active=True))
    assert set((await store.grants_of_agents(ids))[1]) == {free.id, still.id}


@pytest.mark.parametrize("count", [0, 1, 3, 500])
async def test_some_hundred_are_asked_for_at_once(store, things, count):
    keys = [await things.key() for _ in range(min(count, 5))]
    digests = [digest for _, digest in keys]
    unknown = [number.to_bytes(32, "big") for number in range(count - len(keys))]
    revision, grants = await store.grants_of_keys([*unknown, *digests])
    assert (revision, set(grants)) == (len(keys), set(digests))


async def test_grants_and_their_revision_are_of_one_moment(store, open_another, things):
    """Each change raises the revision by one and the limit with it: no answer may have one without the other."""
    other = await open_another()
    key, digest = await things.key(limits=Limits(concurrent=1))
    begin = await store.revision()

    async def change() -> None:
        for step in range(1, 40):
            await other.change_key(OPERATOR, key.id, KeyEdit(limits=Limits(concurrent=1 + step)))

    changing = asyncio.create_task(change())
    seen = set()
    while not changing.done():
        revision, grants = await store.grants_of_keys([digest])
        assert grants[digest].limits.concurrent == 1 + revision - begin
        seen.add(revision)
        await asyncio.sleep(0)  # a file is looked into without a pause
    await changing
    assert len(seen) > 5, "nothing was asked while something changed"


async def test_a_look_up_goes_through_the_index(url, store, things, request):
    """Asked for a few digests among very many keys, neither database reads the table through."""
    await things.key()
    if url.startswith("sqlite"):
        plan = _plan_of_sqlite(url)
        assert "SEARCH keys USING INDEX" in plan
        assert "SCAN keys" not in plan
    else:
        plan = _plan_of_postgres(url, request.getfixturevalue("postgres"))
        assert "uq_keys_digest" in plan
        assert "Seq Scan on keys" not in plan


def _plan_of_sqlite(url: str) -> str:
    asked = KEYS_ASKED.params(digests=[b"x" * 32], now=now())
    text = asked.compile(dialect=SQLiteDialect(), compile_kwargs={"render_postcompile": True})
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        values = [b"x" * 32 if "digests" in name else "2026-01-01" for name in text.positiontup or ()]
        return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values))
    finally:
        connection.close()


def _plan_of_postgres(url: str, postgres) -> str:
    database = urlsplit(url).path.lstrip("/")
    # As many keys as make it worth an index, in a table that knows so.
    postgres.run(
        "INSERT INTO keys (id, digest, name, scopes, limits, created_at, updated_at, version) "
        "SELECT n::text, sha256(n::text::bytea), 'n', '[]', '{}', now(), now(), 1 FROM generate_series(1, 5000) n; "
        "ANALYZE keys",
        database,
    )
    text = str(
        KEYS_ASKED.params(digests=[b"x"], now=now()).compile(
            dialect=PGDialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"render_postcompile": True},
        )
    )
    text = text.replace("%(digests_1)s", "sha256('a'),sha256('b'),sha256('c')").replace("%(now)s", "now()")
    return str(postgres.run(f"EXPLAIN {text}", database))
