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
        assert "refers to what is not in it" in (form.check("{}") or "")
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_a_pattern_that_could_take_for_ever_is_not_tried():
    form = form_of({"type": "string", "pattern": "^(a+)+$"})
    assert form.check('"' + "a" * 40 + '!"') is None
