"""What `doctor` says of the store. Not on a loop: the command makes its own."""

import asyncio

from gossamer.cli.probe_state import probe_state
from gossamer.control.store import schema
from gossamer.control.store.migrations import HEAD
from gossamer.control.store.store import migrate


def test_an_empty_store_is_no_trouble(url):
    finding = probe_state(url)
    assert (finding.word, finding.subject) == ("ok", "state")
    assert finding.text.endswith("has no tables yet; the first start makes them")


def test_a_migrated_store_answers(url):
    asyncio.run(migrate(url))
    finding = probe_state(url)
    assert (finding.word, finding.text.partition(" answers")[2]) == ("ok", f", with tables of version {HEAD}")


def test_older_tables_are_to_be_migrated(url, monkeypatch):
    asyncio.run(migrate(url))
    monkeypatch.setattr(schema, "HEAD", "9999")
    finding = probe_state(url)
    assert finding.word == "warn"
    assert "`gossamer migrate`" in finding.text


def test_a_store_that_is_away_is_a_failure_and_its_password_a_secret():
    finding = probe_state("postgresql://u:planted@127.0.0.1:1/d")
    assert finding.word == "fail"
    assert "postgresql://u:****@127.0.0.1:1/d cannot be asked: " in finding.text
    assert "planted" not in finding.text
