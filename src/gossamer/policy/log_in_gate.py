"""How fast passwords may be tried: by one address, and at one account. The time is handed in.

Only failures count: who knows the password is given back what the try had cost. An account is never shut: each
address has tries of its own at it, which nobody else can use up.
"""

from collections.abc import Hashable
from typing import Final, NamedTuple

from gossamer.policy.pace import Cells, Pace

OF_ADDRESS: Final = Pace(20, 6.0)
"""A house behind one address may mistype; 14,000 guesses a day lead nowhere with passwords of 12 characters."""
OF_ACCOUNT: Final = Pace(10, 10.0)
"""All addresses together."""
OF_PAIR: Final = Pace(3, 600.0)
"""One address at one account, whatever the others do: its owner waits ten minutes at most."""


class Try(NamedTuple):
    """One try, paid in advance: a thousand at once are not one. With `wait_s` it was not let in, and cost nothing."""

    wait_s: float
    costs: tuple[tuple[Cells, Hashable], ...] = ()

    def give_back(self) -> None:
        """The password was right, or could not be looked at."""
        for cells, subject in self.costs:
            cells.give_back(subject)


class LogInGate:
    """The state of one process: forgotten with it, and each node has its own."""

    def __init__(self) -> None:
        self._addresses = Cells(OF_ADDRESS)
        self._accounts = Cells(OF_ACCOUNT)
        self._pairs = Cells(OF_PAIR)

    def enter(self, address: str, account: str, now: float) -> Try:
        pair = (address, account)
        of_address = self._addresses.wait_s(address, now)
        of_account = self._accounts.wait_s(account, now)
        of_pair = self._pairs.wait_s(pair, now)
        wait_s = max(of_address, min(of_account, of_pair))
        if wait_s > 0:
            return Try(wait_s)
        # The shared tries last: they are what is left for an address that has used up its own.
        own: tuple[Cells, Hashable] = (self._pairs, pair) if of_pair == 0 else (self._accounts, account)
        costs = ((self._addresses, address), own)
        for cells, subject in costs:
            cells.take(subject, now)
        return Try(0.0, costs)
