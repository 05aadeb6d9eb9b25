import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from gossamer.control.nouns import User
from gossamer.control.store.edits import UserEdit
from gossamer.control.store.errors import Closed, Conflict, LastAdmin, Missing, Taken, Unfit
from gossamer.control.store.page import Page, UserFilter
from gossamer.control.store.passwords import Passwords
from gossamer.control.store.tables import USERS
from gossamer.core.allowance import Limits
from tests.real.store.things import OPERATOR, now


async def test_a_user_comes_back_as_it_was_added(store):
    limits = Limits(requests_per_min=10, nanos_per_month=2**60)
    user = await store.add_user(OPERATOR, email=" Ann@Example.com", password="pw", role="admin", limits=limits)
    assert (user.email, user.role, user.limits, user.version) == ("ann@example.com", "admin", limits, 1)
    assert await store.user(user.id) == user
    assert await store.user_by_email("ANN@example.com ") == user
    assert await store.user_by_email("nobody@example.com") is None


async def test_an_address_is_taken_in_any_case_of_letters(store, things):
    await things.user(email="ann@example.com")
    ben = await things.user(email="ben@example.com")
    with pytest.raises(Taken) as taken:
        await things.user(email="ANN@example.com")
    assert taken.value.what == "email"
    with pytest.raises(Taken):
        await store.change_user(OPERATOR, ben.id, UserEdit(email="Ann@example.com"))
    # One's own is not taken.
    assert (await store.change_user(OPERATOR, ben.id, UserEdit(email="BEN@example.com"))).version == 1


async def test_of_many_who_come_first_one_becomes_admin(store):
    async def come(number: int) -> User | None:
        try:
            return await store.add_first_user(OPERATOR, email=f"u{number}@example.com", password="pw")
        except Closed:
            return None

    users = [user for user in await asyncio.gather(*map(come, range(8))) if user]
    assert [user.role for user in users] == ["admin"]
    assert (await store.users()).items == tuple(users)


async def test_an_invite_lets_one_person_in(store, things):
    await store.add_invite(OPERATOR, b"i" * 32, expires_at=now() + timedelta(hours=1), role="admin")
    await things.user(email="ann@example.com")
    with pytest.raises(Taken):
        await store.add_invited_user(OPERATOR, email="ann@example.com", password="pw", invite=b"i" * 32)

    async def come(number: int) -> User | None:
        try:
            return await store.add_invited_user(
                OPERATOR, email=f"u{number}@example.com", password="pw", invite=b"i" * 32
            )
        except Closed:
            return None

    (user,) = [user for user in await asyncio.gather(*map(come, range(4))) if user]
    assert user.role == "admin"
    (invite,) = (await store.invites()).items
    assert invite.used_by == user.id


@pytest.mark.parametrize("wrong", ["unknown", "late", "of another"])
async def test_an_invite_that_is_no_good_lets_nobody_in(store, wrong):
    at = now() + (timedelta(hours=1) if wrong != "late" else timedelta(seconds=-1))
    email = "ann@example.com" if wrong == "of another" else None
    await store.add_invite(OPERATOR, b"i" * 32, expires_at=at, email=email)
    code = b"j" * 32 if wrong == "unknown" else b"i" * 32
    with pytest.raises(Closed):
        await store.add_invited_user(OPERATOR, email="ben@example.com", password="pw", invite=code)
    assert (await store.users()).items == ()


async def test_a_removed_invite_is_no_good(store):
    invite = await store.add_invite(OPERATOR, b"i" * 32, expires_at=now() + timedelta(hours=1))
    await store.remove_invite(OPERATOR, invite.id)
    assert (await store.invites()).items == ()
    with pytest.raises(Missing):
        await store.remove_invite(OPERATOR, invite.id)


async def test_users_are_listed_newest_first_a_page_at_a_time(store, things):
    users = [await things.user() for _ in range(5)]
    first = await store.users(Page(limit=2))
    second = await store.users(Page(limit=2, after=first.next))
    last = await store.users(Page(limit=2, after=second.next))
    assert [*first.items, *second.items, *last.items] == users[::-1]
    assert last.next is None


async def test_a_page_that_is_just_full_is_the_last(store, things):
    users = [await things.user() for _ in range(2)]
    listing = await store.users(Page(limit=2))
    assert (listing.items, listing.next) == (tuple(users[::-1]), None)


async def test_users_are_found_by_what_they_are(store, things):
    ann = await things.user(email="ann_1@example.com", role="admin")
    ben = await things.user(email="annx1@example.com")
    await store.remove_user(OPERATOR, ben.id)
    assert (await store.users(filters=UserFilter(search="ANN_1"))).items == (ann,)
    assert (await store.users(filters=UserFilter(role="admin"))).items == (ann,)
    assert [user.id for user in (await store.users(filters=UserFilter(is_active=False))).items] == [ben.id]
    assert (await store.users(filters=UserFilter(role="admin", is_active=False))).items == ()


async def test_a_change_says_which_version_it_is_for(store, things):
    user = await things.user()
    changed = await store.change_user(OPERATOR, user.id, UserEdit(limits=Limits(concurrent=1)), user.version)
    assert (changed.version, changed.limits) == (2, Limits(concurrent=1))
    assert await store.user(user.id) == changed
    with pytest.raises(Conflict) as conflict:
        await store.change_user(OPERATOR, user.id, UserEdit(role="admin"), user.version)
    assert conflict.value.version == 2
    assert await store.user(user.id) == changed


async def test_a_change_that_changes_nothing_is_none(store, things):
    user = await things.user()
    revision = await store.revision()
    assert await store.change_user(OPERATOR, user.id, UserEdit(role="member"), user.version) == user
    assert await store.revision() == revision


async def test_an_owner_sees_and_changes_nobody_but_himself(store, things):
    ann, ben = await things.user(), await things.user()
    assert (await store.users(owner=ann.id)).items == (ann,)
    assert await store.user(ann.id, owner=ann.id) == ann
    for ask in (
        store.user(ben.id, owner=ann.id),
        store.change_user(OPERATOR, ben.id, UserEdit(role="admin"), owner=ann.id),
        store.remove_user(OPERATOR, ben.id, owner=ann.id),
    ):
        with pytest.raises(Missing):
            await ask
    assert await store.user(ben.id) == ben


async def test_the_last_active_admin_stays_one(store, things):
    ann, ben = await things.user(role="admin"), await things.user(role="admin")
    await store.remove_user(OPERATOR, ben.id)
    for ask in (
        store.remove_user(OPERATOR, ann.id),
        store.change_user(OPERATOR, ann.id, UserEdit(role="member")),
        store.change_user(OPERATOR, ann.id, UserEdit(is_active=False)),
    ):
        with pytest.raises(LastAdmin):
            await ask
    await store.change_user(OPERATOR, ben.id, UserEdit(is_active=True))
    assert (await store.remove_user(OPERATOR, ann.id)).is_active is False


async def test_of_two_admins_who_remove_each_other_one_stays(store, things):
    ann, ben = await things.user(role="admin"), await things.user(role="admin")
    gone = await asyncio.gather(
        store.remove_user(OPERATOR, ann.id), store.remove_user(OPERATOR, ben.id), return_exceptions=True
    )
    assert {type(each) for each in gone} == {User, LastAdmin}


# --- passwords and log-ins ---


async def test_a_password_is_right_or_not(store):
    user = await store.add_user(OPERATOR, email="ann@example.com", password="right")
    assert await store.check_password("Ann@example.com", "right") == user
    assert await store.check_password("ann@example.com", "wrong") is None
    assert await store.check_password("nobody@example.com", "right") is None
    # Half a surrogate pair has no bytes: nobody's password.
    assert await store.check_password("ann@example.com", "\ud800") is None
    await store.remove_user(OPERATOR, user.id)
    assert await store.check_password("ann@example.com", "right") is None


async def test_a_password_that_is_right_is_kept_with_the_parameters_of_today(store):
    user = await store.add_user(OPERATOR, email="ann@example.com", password="right")
    store._passwords = dearer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    (before,) = await store._database.rows(sa.select(USERS.c.password))
    assert await store.check_password("ann@example.com", "wrong") is None
    assert list(await store._database.rows(sa.select(USERS.c.password))) == [before]
    assert await store.check_password("ann@example.com", "right") == user
    (after,) = await store._database.rows(sa.select(USERS.c.password))
    assert "m=16,t=2" in after.password
    assert await store.check_password("ann@example.com", "right") == await store.user(user.id) == user
    dearer.close()


async def test_nobody_logs_in_without_a_password(store, things):
    await things.user(email="ann@example.com", password=None)
    assert await store.check_password("ann@example.com", "") is None


async def test_a_password_that_has_no_bytes_is_refused(things):
    with pytest.raises(Unfit):
        await things.user(password="\ud800")


async def test_a_log_in_ends_with_its_time_its_user_and_its_password(store, things):
    user = await things.user(password="old")
    later = now() + timedelta(hours=1)
    for digest in (b"1" * 32, b"2" * 32):
        await store.add_login(OPERATOR, user.id, digest, later)
    assert await store.user_of_login(b"1" * 32) == user
    assert await store.end_login(OPERATOR, b"1" * 32) is True
    assert await store.end_login(OPERATOR, b"1" * 32) is False
    assert await store.user_of_login(b"1" * 32) is None
    assert await store.user_of_login(b"2" * 32) == user
    await store.change_user(OPERATOR, user.id, UserEdit(password="new"))
    assert await store.user_of_login(b"2" * 32) is None
    await store.add_login(OPERATOR, user.id, b"3" * 32, now() - timedelta(seconds=1))
    assert await store.user_of_login(b"3" * 32) is None


async def test_a_removed_user_is_logged_out_for_good(store, things):
    user = await things.user()
    await store.add_login(OPERATOR, user.id, b"1" * 32, now() + timedelta(hours=1))
    await store.remove_user(OPERATOR, user.id)
    with pytest.raises(Missing):
        await store.add_login(OPERATOR, user.id, b"2" * 32, now() + timedelta(hours=1))
    await store.change_user(OPERATOR, user.id, UserEdit(is_active=True))
    assert await store.user_of_login(b"1" * 32) is None


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_text_that_only_one_database_would_take_is_refused_by_both(store, things, text):
    with pytest.raises(Unfit):
        await things.user(email=f"{text}@example.com")
    assert (await store.users()).items == ()
