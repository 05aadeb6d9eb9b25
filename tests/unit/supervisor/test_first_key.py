"""The first key: how it is made, and that its file is private, whole, and never holds the token."""

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gossamer.config.settings import KeySettings, Settings
from gossamer.supervisor.errors import StartFailed
from gossamer.supervisor.first_key import find_or_mint, keep_keys, keys_path, mint_key, read_keys, with_keys

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_token_has_a_prefix_an_id_and_a_secret_and_one_double_click_selects_it():
    token, key = mint_key("first", NOW)
    assert re.fullmatch(r"gsm_[a-z2-7]{16}_[a-z2-7]{32}", token)
    assert key.id == token.split("_")[1]
    assert key.created == "2026-03-01T12:00:00+00:00"


def test_no_two_tokens_are_alike():
    assert len({mint_key("first", NOW)[0] for _ in range(100)}) == 100


def test_the_first_start_makes_a_key_and_keeps_nothing_yet(tmp_path: Path):
    found = find_or_mint(tmp_path / "data", has_others=False, now=NOW)
    assert found.token
    assert len(found.stored) == 1
    assert not keys_path(tmp_path / "data").exists()


def test_a_later_start_finds_it_and_has_no_token(tmp_path: Path):
    first = find_or_mint(tmp_path, has_others=False, now=NOW)
    keep_keys(tmp_path, first.stored)
    later = find_or_mint(tmp_path, has_others=False, now=NOW)
    assert later.stored == first.stored
    assert later.token is None


def test_with_keys_in_the_settings_none_is_made(tmp_path: Path):
    found = find_or_mint(tmp_path, has_others=True, now=NOW)
    assert (found.token, found.stored) == (None, ())


def test_the_file_is_for_its_owner_alone_and_holds_no_token(tmp_path: Path):
    token, key = mint_key("first", NOW)
    before = os.umask(0)
    try:
        keep_keys(tmp_path, (key,))
    finally:
        os.umask(before)
    path = keys_path(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert token.split("_")[2] not in path.read_text()
    assert hashlib.sha256(token.encode()).hexdigest() in path.read_text()
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = mint_key("old", NOW)[1]
    keep_keys(tmp_path, (old,))

    def full_disk(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StartFailed, match=r"cannot be written: No space left on device\. Name one that can"):
        keep_keys(tmp_path, (mint_key("new", NOW)[1],))
    assert read_keys(tmp_path) == (old,)
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"keys": 1}',
        b'{"keys": [{"name": "first", "id": "a", "sha256": "zz", "created": ""}]}',
        b'{"keys": [{"name": "first", "id": "a", "sha256": "00", "created": ""}]}',
        b'{"keys": [], "kees": []}',
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path, content: bytes):
    keys_path(tmp_path).write_bytes(content)
    with pytest.raises(StartFailed, match="Restore it, or delete it"):
        read_keys(tmp_path)


def test_a_data_directory_that_cannot_be_made_is_said_before_anything_starts(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartFailed, match="GOSSAMER_DATA_DIR"):
        find_or_mint(tmp_path / "file" / "data", has_others=True, now=NOW)


def test_kept_keys_stand_beside_those_of_the_settings():
    own = KeySettings(name="own", digest=b"\x01" * 32, models=frozenset({"small"}))
    token, kept = mint_key("first", NOW)
    keys = with_keys(Settings(keys=(own,)), (kept,)).keys
    assert keys == (own, KeySettings(name="first", digest=hashlib.sha256(token.encode()).digest(), models=None))
