"""The plan of a run: complete, shuffled, the same for the same seed, with shared numbers."""

from collections import Counter

from gossamer.bench.cells import Cell, Lane
from gossamer.bench.profiles import FULL, PROFILES, SELFTEST, SHORT, STANDARD, expected_s
from gossamer.bench.schedule import NUMBERS_A_BLOCK, schedule

ARMS = ("direct", "gateway", "hop", "direct again")


def test_every_cell_is_visited_once_a_round_and_every_way_once_a_visit():
    visits = list(schedule(SHORT.cells, ARMS, 5, seed=1))
    assert Counter(visit.cell.name for visit in visits) == dict.fromkeys((cell.name for cell in SHORT.cells), 5)
    assert all(sorted(visit.arms) == sorted(ARMS) for visit in visits)


def test_the_order_is_mixed_and_belongs_to_the_seed():
    first, again, other = (list(schedule(SHORT.cells, ARMS, 5, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len({visit.arms for visit in first}) > 3


def test_a_shorter_run_begins_like_a_longer_one():
    """But for its numbers: what was taken before an interruption has its place in the plan."""
    short, long = ([(v.round, v.cell, v.arms) for v in schedule(SHORT.cells, ARMS, n, 1)] for n in (2, 4))
    assert long[: len(short)] == short


def test_no_two_blocks_share_a_number_unless_they_are_of_one_visit():
    firsts = [visit.first_number for visit in schedule(FULL.cells, ARMS, 6, seed=1)]
    assert len(set(firsts)) == len(firsts)
    assert max(cell.requests + cell.warm for profile in PROFILES.values() for cell in profile.cells) < NUMBERS_A_BLOCK


def test_rates_rise_at_the_end_of_a_round_and_errors_are_walked_once():
    visits = list(schedule(STANDARD.cells, ARMS, 3, seed=1))
    for turn in range(3):
        rates = [visit.cell.rate_per_s for visit in visits if visit.round == turn]
        assert rates == sorted(rates)
    errors = [visit.round for visit in visits if visit.cell.lane is Lane.ERRORS]
    assert set(errors) == {0}


def test_no_two_cells_of_a_profile_have_one_name():
    for profile in (*PROFILES.values(), SELFTEST):
        names = [cell.name for cell in profile.cells]
        assert len(set(names)) == len(names)


def test_the_full_matrix_is_the_full_matrix():
    assert sum(cell.lane is Lane.LATENCY for cell in FULL.cells) == 4 * 4 * 2 * 3


def test_profiles_keep_to_their_time():
    """Blocks alone; starting, resting and writing come on top."""
    assert expected_s(SHORT.cells, len(ARMS), SHORT.rounds) < 165
    assert expected_s(FULL.cells, len(ARMS), FULL.rounds) < 950


def test_a_name_says_all_that_differs():
    cell = Cell(Lane.CAPACITY, 64, 300, rate_per_s=500)
    assert cell.name == "capacity chat json 1KB 500/s"
    assert Cell(Lane.ERRORS, 1, 5, 100, is_stream=True, fault="cut").name == "errors chat sse 100B c1 cut"
    assert Cell(Lane.LATENCY, 1, 5, is_stream=True, tokens=10).name == "latency chat sse10 1KB c1"
