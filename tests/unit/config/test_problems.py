import pytest

from gossamer.config.problems import ConfigError, Place, Problem, did_you_mean, field_name, suggest


def test_a_problem_says_where_what_and_what_would_do():
    problem = Problem(Place("gossamer.yaml", 3), "server.port", "'x' is no whole number", "write a whole number")
    assert str(problem) == "gossamer.yaml:3: server.port: 'x' is no whole number; write a whole number"


def test_a_variable_has_no_line_and_a_whole_file_no_field():
    assert str(Problem(Place("GOSSAMER_X"), "", "unknown", "unset it")) == "GOSSAMER_X: unknown; unset it"


def test_an_error_prints_all_its_problems():
    problems = [Problem(Place("f", line), "a", "b", "c") for line in (1, 2)]
    assert str(ConfigError(problems)) == "f:1: a: b; c\nf:2: a: b; c"
    assert ConfigError(problems).problems == tuple(problems)


@pytest.mark.parametrize(
    ("path", "name"),
    [((), ""), (("server", "port"), "server.port"), (("keys", 0, "name"), "keys[0].name")],
)
def test_a_path_as_a_person_writes_it(path, name):
    assert field_name(path) == name


@pytest.mark.parametrize(
    ("name", "nearest"), [("prot", "port"), ("PORT", "port"), ("hots", "host"), ("zebra", None), ("", None)]
)
def test_the_nearest_name(name, nearest):
    assert suggest(name, ["host", "port", "workers"]) == nearest


def test_an_unknown_name_is_told_all_that_there_are():
    assert did_you_mean("prot", ["port", "host"], listed_as="keys here") == "did you mean port? keys here: host, port"
    assert did_you_mean("zebra", ["port"], listed_as="keys here") == "keys here: port"
    assert did_you_mean("zebra", [], listed_as="providers") == "providers: none"
