from datetime import UTC, datetime

from gossamer.core.allowance import Spent, Subject
from gossamer.counters.ledger import Ledger
from gossamer.counters.spend_files import Bill
from gossamer.policy.calendar import day_of, month_of

KEY = Subject("key", "k")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def bill(when: str, nanos: int | None = 5) -> Bill:
    return Bill(at=at(when), key="k", user="ann", agent="bot", target="p/m", cost_nanos=nanos)


def spent(ledger: Ledger, subject: Subject, when: str) -> Spent:
    day = day_of(at(when))
    return ledger.spent(subject, day, month_of(day))


def test_each_subject_of_a_record_is_charged():
    ledger = Ledger()
    ledger.note(bill("2026-11-21T10:00"))
    ledger.note(bill("2026-11-21T11:00"))
    for subject in (KEY, Subject("user", "ann"), Subject("agent", "bot"), Subject("model", "p/m")):
        assert spent(ledger, subject, "2026-11-21") == (10, 10)
    assert spent(ledger, Subject("key", "other"), "2026-11-21") == (0, 0)


def test_a_new_day_goes_on_with_its_month_and_a_new_month_with_nothing():
    ledger = Ledger()
    ledger.note(bill("2026-11-29T23:59:59"))
    ledger.note(bill("2026-11-30T00:00:00"))
    assert spent(ledger, KEY, "2026-11-30") == (5, 10)
    ledger.note(bill("2026-12-01T00:00:00"))
    assert spent(ledger, KEY, "2026-12-01") == (5, 5)


def test_a_record_that_comes_late_is_of_its_own_day():
    ledger = Ledger()
    ledger.note(bill("2026-12-02T00:00:01"))
    ledger.note(bill("2026-12-01T23:59:59"))
    ledger.note(bill("2026-11-30T23:59:59"))
    assert spent(ledger, KEY, "2026-12-02") == (5, 10)


def test_of_another_day_than_its_own_it_knows_nothing():
    ledger = Ledger()
    ledger.note(bill("2026-11-21T10:00"))
    assert spent(ledger, KEY, "2026-11-22") == (0, 5)
    assert spent(ledger, KEY, "2026-12-01") == (0, 0)


def test_a_clock_that_was_ahead_for_a_while_frees_no_budget():
    ledger = Ledger()
    ledger.note(bill("2026-11-21T10:00"))
    for wrong in ("2026-11-22T01:00", "2031-05-01T10:00", "2031-05-02T10:00"):
        ledger.note(bill(wrong))
    ledger.note(bill("2026-11-21T11:00"))
    assert spent(ledger, KEY, "2026-11-21") == (10, 15)


def test_old_days_and_months_go_whatever_comes_first():
    ledger = Ledger()
    for month in (12, 11, 10, 9, 8):
        for day in range(10, 18):
            ledger.note(bill(f"2026-{month:02}-{day}T10:00"))
    assert sorted(ledger.days) == [day_of(at(f"2026-12-{day}T00:00")) for day in range(14, 18)]
    assert sorted(ledger.months) == [month_of(day_of(at(f"2026-{month}-01T00:00"))) for month in (10, 11, 12)]


def test_what_cost_nothing_or_nobody_knows_what_changes_nothing():
    ledger = Ledger()
    ledger.note(bill("2026-11-21T10:00", nanos=0))
    ledger.note(bill("2026-11-21T10:00", nanos=None))
    assert (ledger.months, ledger.changes) == ({}, 0)


def test_two_ledgers_of_different_days_become_one():
    older, newer = Ledger(), Ledger()
    older.note(bill("2026-11-20T10:00", nanos=3))
    newer.note(bill("2026-11-21T10:00", nanos=4))
    for first, second in ((older, newer), (newer, older)):
        both = Ledger()
        for each in (first, second):
            both.add(each.days, each.months)
        assert spent(both, KEY, "2026-11-21") == (4, 7)
