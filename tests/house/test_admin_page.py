"""docs/reference/admin.md is true: its paths are those of the OpenAPI document, its refusals those of the code."""

from gossamer.config.load import load_settings
from gossamer.control.api import refusals
from gossamer.control.api.app import make_app
from gossamer.control.api.desk import OF_REGISTRATIONS, OF_TOKENS
from gossamer.core.errors import GatewayError
from gossamer.policy.log_in_gate import OF_ACCOUNT, OF_ADDRESS, OF_PAIR
from tests.house.pages import code, codes, table

PAGE = "docs/reference/admin.md"
DOCUMENT = make_app(None, load_settings(None, {})).openapi()


def test_each_path_is_listed():
    told = [code(cell) for cell in table(PAGE, "path").column("path")]
    there = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert sorted(told) == sorted(there)


def test_each_filter_of_a_list_is_named():
    for path, does, _ in table(PAGE, "path").rows:
        method, _, target = code(path).partition(" ")
        parameters = DOCUMENT["paths"][target][method.lower()].get("parameters", ())
        filters = {each["name"] for each in parameters if each["in"] == "query"} - {"limit", "after"}
        if filters:
            assert filters == set(codes(does))


def test_each_refusal_is_listed_with_its_status_code_and_type():
    own = [each for each in vars(refusals).values() if isinstance(each, type) and issubclass(each, GatewayError)]
    there = {(each.__name__, each.status, each.code, each.kind) for each in own if each.__module__ == refusals.__name__}
    rows = table(PAGE, "error").rows
    assert {(code(row[0]), int(row[1]), code(row[2]), code(row[3])) for row in rows} == there


def test_how_many_tries_there_are_at_once_is_as_listed():
    told = [int(cell) for cell in table(PAGE, "counted").column("at once")]
    assert told == [pace.burst for pace in (OF_ADDRESS, OF_ACCOUNT, OF_PAIR, OF_REGISTRATIONS, OF_TOKENS)]
