"""How fast passwords may be tried: by one address, and at one account. The time is handed in.

Only failures count: who knows the password is given back what the try had cost. An account is never shut: each
address has tries of its own at it, which nobody else can use up.
"""

from collections.abc import Hashable
from typing import Final, NamedTuple


class Pace(NamedTuple):
    """So many at once, then one in each interval."""

    burst: int
    interval_s: float


OF_ADDRESS: Final = Pace(20, 6.0)
"""A house behind one address may mistype; 14,000 guesses a day lead nowhere with passwords of 12 characters."""
OF_ACCOUNT: Final = Pace(10, 10.0)
"""All addresses together."""
OF_PAIR: Final = Pace(3, 600.0)
"""One address at one account, whatever the others do: its owner waits ten minutes at most."""

MOST_SUBJECTS: Final = 50_000
"""Of each kind: some 10 MB when somebody tries to fill the memory."""

_ROUNDING_S: Final = 1e-3
"""What many additions of a fraction may be off by, and nobody waits for."""


class Cells:
    """GCRA: for each subject the moment at which all that it has used is made good again."""

    def __init__(self, pace: Pace, most: int = MOST_SUBJECTS) -> None:
        self._interval_s = pace.interval_s
        self._slack_s = (pace.burst - 1) * pace.interval_s
        self._most = most
        self._even_at: dict[Hashable, float] = {}

    def __len__(self) -> int:
        return len(self._even_at)

    def wait_s(self, subject: Hashable, now: float) -> float:
        """Seconds until one more is let in; 0: at once."""
        wait_s = self._even_at.get(subject, now) - self._slack_s - now
        return wait_s if wait_s > _ROUNDING_S else 0.0

    def take(self, subject: Hashable, now: float) -> None:
        if subject not in self._even_at and len(self._even_at) >= self._most:
            self._make_room(now)
        self._even_at[subject] = max(self._even_at.get(subject, now), now) + self._interval_s

    def give_back(self, subject: Hashable) -> None:
        if subject in self._even_at:
            self._even_at[subject] -= self._interval_s

    def _make_room(self, now: float) -> None:
        """Whoever owes nothing is as good as unknown; if all owe, the quarter that owes least is forgiven."""
        self._even_at = {subject: even_at for subject, even_at in self._even_at.items() if even_at > now}
        if len(self._even_at) >= self._most:
            by_debt = sorted(self._even_at.items(), key=lambda item: item[1])
            self._even_at = dict(by_debt[len(by_debt) // 4 :])


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
