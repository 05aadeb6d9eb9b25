"""What an entry says of itself: the session in which it was asked, in the same words as whoever deletes that."""

from gossamer.cache.entry import Entry
from gossamer.cache.gone import Gone
from gossamer.cache.seal import Seal
from gossamer.core.house import house_of, session_digest
from gossamer.core.tombstone import Tombstone

SEAL = Seal(b"secret")
LATER = 1e10


def asked_in(name: str, user: str = "") -> Entry:
    return Entry(b"{}", False, "chat", b"", "p/m", 5, 7.0, ("key-1", "", user, "m"), session_name=name)


def test_it_is_found_by_the_digest_of_its_session_for_a_user_and_for_a_key_alone():
    for user in ("", "user-1"):
        digest = session_digest(house_of(user or None, "key-1"), "ses_7")
        gone = Gone()
        gone.add(Tombstone(8.0, digest))
        assert gone.means(asked_in("ses_7", user))
        assert not gone.means(asked_in("ses_8", user))


def test_elsewhere_it_is_stored_with_the_digest_and_without_the_name():
    entry = asked_in("ses_7")
    sealed = SEAL.close(b"name", entry, LATER)
    opened = SEAL.open(b"name", sealed, LATER - 1)
    assert opened is not None
    assert (opened.session, opened.session_name) == (session_digest(house_of(None, "key-1"), "ses_7"), "")
    assert b"ses_7" not in sealed
