"""The statements that make the tables, for one server and for each of a cluster."""

import pytest

from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.projections.clickhouse.schema import STEPS, Found, WrongSchema, check, render

ONE = parse_clickhouse_url("clickhouse://db/llm")
CLUSTER = parse_clickhouse_url("clickhouse://db/llm?cluster=main")
STATEMENTS = [statement for step in STEPS for statement in step]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_of_a_cluster_each_server_has_its_tables_and_they_replicate(statement: str):
    on_one, on_all = render(statement, ONE), render(statement, CLUSTER)
    assert "ON CLUSTER" not in on_one
    assert "ON CLUSTER `main`" in on_all
    assert "Replicated" not in on_one
    assert on_all.count("Replicated") == on_one.count("ENGINE =")


@pytest.mark.parametrize("statement", [each for each in STATEMENTS if "ENGINE" in each])
def test_inserts_that_come_twice_are_known_on_each_kind_of_engine(statement: str):
    assert "non_replicated_deduplication_window = 10000" in render(statement, ONE)
    assert " replicated_deduplication_window = 10000" in render(statement, CLUSTER)
    assert "replicated_deduplication_window_seconds" in render(statement, CLUSTER)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_step_may_run_twice(statement: str):
    assert "IF NOT EXISTS" in statement


def test_a_server_that_is_too_old_and_tables_that_are_too_new_are_refused():
    check(Found("24.8.1.1", None))
    check(Found("26.5.1.1", len(STEPS)))
    with pytest.raises(WrongSchema, match="too old; version 24.8"):
        check(Found("24.3.9.9", None))
    with pytest.raises(WrongSchema, match="later release"):
        check(Found("26.5.1.1", len(STEPS) + 1))
