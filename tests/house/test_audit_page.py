"""docs/reference/audit.md and its schema are true: they tell of an event what the code says of it."""

from typing import get_args

import msgspec
import pytest
from msgspec.structs import fields

from gossamer.config.audit import AuditSettings
from gossamer.config.settings import RetentionSettings
from gossamer.config.units import format_size
from gossamer.projections.audit.event import ChangeEvent, RequestEvent, event_schema
from gossamer.projections.audit.file import FileName, parse_name
from tests.house.pages import code, codes, page, table

PAGE = "docs/reference/audit.md"
SCHEMA = "docs/reference/audit.schema.json"
DAY_S = 86400


def listed(head: str) -> set[tuple[str, bool]]:
    return {(code(row[0]), row[1] == "yes") for row in table(PAGE, head).rows}


@pytest.mark.parametrize(
    ("struct", "head"), [(RequestEvent, "member of a request"), (ChangeEvent, "member of a change")]
)
def test_each_member_is_listed_and_whether_it_is_always_there(struct: type[RequestEvent | ChangeEvent], head: str):
    members = {(field.encode_name, field.required) for field in fields(struct)} | {("type", True)}
    assert listed("member of both") | listed(head) == members


def test_who_may_have_made_a_change_is_listed():
    (row,) = (row for row in table(PAGE, "member of a change").rows if code(row[0]) == "by")
    (by,) = (field.type for field in fields(ChangeEvent) if field.name == "by")
    assert set(codes(row[2])) == set(get_args(get_args(by)[0]))


def test_the_schema_is_the_one_that_is_printed():
    expected = msgspec.json.format(msgspec.json.encode(event_schema())).decode() + "\n"
    assert page(SCHEMA) == expected, f"write it anew: gossamer audit schema > {SCHEMA}"


def test_the_name_and_the_bounds_of_files_are_as_said():
    text = page(PAGE)
    (shown,) = (word for word in codes(text) if word.startswith("audit-") and word.endswith(".ndjson"))
    found = parse_name(shown)
    assert isinstance(found, FileName)
    assert str(found) == shown
    assert format_size(AuditSettings().max_file_size_bytes) == "128MiB"
    assert "(128 MiB)" in text
    assert AuditSettings().max_file_age_s == DAY_S
    assert RetentionSettings().audit_s == 90 * DAY_S
