"""The gate before passwords: bursts, waits, and that nobody can shut somebody else out."""

from itertools import count

import pytest

from gossamer.policy.log_in_gate import OF_ACCOUNT, OF_ADDRESS, OF_PAIR, LogInGate
from gossamer.policy.pace import Cells, Pace


def tries(gate: LogInGate, address: str, account: str, now: float) -> int:
    """How many wrong passwords are looked at before somebody has to wait."""
    return next(number for number in count() if gate.enter(address, account, now).wait_s > 0)


def test_an_address_at_an_account_gets_its_own_tries_and_the_accounts():
    assert tries(LogInGate(), "a", "ada", 0.0) == OF_PAIR.burst + OF_ACCOUNT.burst


def test_an_address_that_goes_from_account_to_account_has_to_wait():
    gate = LogInGate()
    waits = [gate.enter("a", f"account {number}", 0.0).wait_s for number in range(OF_ADDRESS.burst + 1)]
    assert waits == [0.0] * OF_ADDRESS.burst + [OF_ADDRESS.interval_s]
    assert gate.enter("b", "account 0", 0.0).wait_s == 0.0


def test_after_the_wait_that_was_told_one_more_is_let_in():
    gate = LogInGate()
    tries(gate, "a", "ada", 0.0)
    wait_s = gate.enter("a", "ada", 0.0).wait_s
    assert gate.enter("a", "ada", wait_s - 0.01).wait_s > 0
    assert gate.enter("a", "ada", wait_s).wait_s == 0.0
    assert gate.enter("a", "ada", wait_s).wait_s > 0


def test_being_refused_costs_nothing():
    gate = LogInGate()
    tries(gate, "a", "ada", 0.0)
    waits = {gate.enter("a", "ada", 0.0).wait_s for _ in range(1000)}
    assert len(waits) == 1


def test_a_right_password_costs_nothing():
    gate = LogInGate()
    for _ in range(1000):
        entered = gate.enter("a", "ada", 0.0)
        assert entered.wait_s == 0.0
        entered.give_back()


def test_a_thousand_at_once_are_a_thousand():
    gate = LogInGate()
    entered = [gate.enter("a", "ada", 0.0) for _ in range(1000)]
    assert sum(each.wait_s == 0.0 for each in entered) == OF_PAIR.burst + OF_ACCOUNT.burst


def test_many_addresses_share_the_accounts_tries_when_their_own_are_gone():
    gate = LogInGate()
    looked_at = sum(tries(gate, f"address {number}", "ada", 0.0) for number in range(100))
    assert looked_at == 100 * OF_PAIR.burst + OF_ACCOUNT.burst


def test_whoever_is_guessed_at_by_everybody_can_still_log_in_from_an_address_of_their_own():
    gate = LogInGate()
    for second in range(3600):
        for number in range(50):
            gate.enter(f"attacker {number}", "ada", float(second))
    mistyped = tries(gate, "home", "ada", 3600.0)
    assert mistyped >= OF_PAIR.burst
    assert gate.enter("home", "ada", 3600.0).wait_s <= OF_PAIR.interval_s


@pytest.mark.parametrize("most", [10, 100])
def test_memory_is_bounded_and_who_owes_most_is_not_forgiven(most: int):
    cells = Cells(Pace(3, 10.0), most)
    for _ in range(3):
        cells.take("worst", 0.0)
    for number in range(most * 20):
        cells.take(number, 0.0)
        assert len(cells) <= most
    assert cells.wait_s("worst", 0.0) == 10.0


def test_who_owes_nothing_any_more_is_forgotten_first():
    cells = Cells(Pace(1, 10.0), 2)
    cells.take("early", 0.0)
    cells.take("late", 9.0)
    cells.take("third", 11.0)
    assert cells.wait_s("late", 11.0) == 8.0
    assert len(cells) == 2


def test_giving_back_to_somebody_who_was_forgotten_is_no_credit():
    cells = Cells(Pace(1, 10.0))
    cells.give_back("nobody")
    assert len(cells) == 0


def test_a_burst_is_whole_where_its_interval_is_no_round_number():
    cells = Cells(Pace(1000, 0.1))
    for _ in range(1000):
        assert cells.wait_s("a", 1e9) == 0.0
        cells.take("a", 1e9)
    assert cells.wait_s("a", 1e9) > 0.0
