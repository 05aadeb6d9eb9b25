from hypothesis import given
from hypothesis import strategies as st

from gossamer.policy.shares import share


@given(st.integers(0, 10**12), st.integers(1, 64))
def test_all_shares_are_the_whole_and_nearly_the_same(whole: int, workers: int):
    parts = [share(whole, workers, number) for number in range(workers)]
    assert sum(parts) == whole
    assert max(parts) - min(parts) <= 1


def test_no_worker_is_left_with_nothing():
    assert [share(2, 4, number, least=1) for number in range(4)] == [1, 1, 1, 1]
