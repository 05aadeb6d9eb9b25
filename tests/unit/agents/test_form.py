"""The form of an answer, which clients ask for as well: what they write is not trusted."""

import socket

import pytest

from gossamer.agents.form import asked_form, form_of


def test_what_fits_and_what_does_not():
    form = form_of({"type": "object", "required": ["city"]})
    assert form.check('{"city": 1}') is None
    assert form.check("Lisbon") is not None
    assert "city" in (form.check("{}") or "")


def test_what_is_no_schema_is_said():
    with pytest.raises(ValueError, match="no JSON Schema"):
        asked_form({"type": "json_schema", "json_schema": {"schema": {"type": 7}}})


def test_nothing_that_a_schema_refers_to_is_fetched():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0)
        form = form_of({"$ref": f"http://127.0.0.1:{listening.getsockname()[1]}/schema"})
        assert "lead nowhere" in (form.check("{}") or "")
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_pattern_that_could_take_for_ever_is_not_tried():
    form = form_of({"type": "string", "pattern": "^(a+)+$"})
    assert form.check('"' + "a" * 40 + '!"') is None


@pytest.mark.parametrize("within", [{}, {"$schema": "https://json-schema.org/draft/2020-12/schema"}])
def test_references_that_lead_to_ever_more_of_them_are_not_followed_to_their_end(within: dict[str, str]):
    parts = {f"d{at}": {**within, "allOf": [{"$ref": f"#/$defs/d{at - 1}"}] * 2} for at in range(1, 60)}
    form = form_of({"$defs": {"d0": {}, **parts}, "$ref": "#/$defs/d59"})
    assert "lead nowhere" in (form.check("{}") or "")
    assert "lead nowhere" in (form.check("{}") or "")
