"""Examples obey the schema that they are made from."""

import enum
import uuid
from datetime import date, datetime
from typing import Literal

import pydantic
import pytest

from gossamer.mock.example import example


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Leaf(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    id: uuid.UUID
    day: date
    at: datetime
    colour: Colour
    unit: Literal["celsius", "kelvin"]
    share: float = pydantic.Field(gt=0, lt=0.3)
    even: int = pydantic.Field(multiple_of=2, ge=3, le=9)
    few: int = pydantic.Field(lt=-5)
    name: str = pydantic.Field(min_length=20, max_length=25)
    short: str = pydantic.Field(max_length=3)
    maybe: int | None
    pair: tuple[int, str]
    three: list[bool] = pydantic.Field(min_length=3)


class Tree(pydantic.BaseModel):
    leaf: Leaf
    left: "Tree | None" = None
    children: list["Tree"] = []
    names: dict[str, int] = {}


@pytest.mark.parametrize("model", [Leaf, Tree])
def test_an_example_of_a_model_is_valid(model):
    made = example(model.model_json_schema())
    model.model_validate_json(pydantic.TypeAdapter(object).dump_json(made))
    assert example(model.model_json_schema()) == made


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "object", "properties": {"b": {"const": 4}, "a": {"enum": ["x", "y"]}}}, {"b": 4, "a": "x"}),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "integer", "minimum": 7}, 8),
        ({"type": "integer", "minimum": 7, "maximum": 7}, 7),
        ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3}, 2),
        ({"type": "number", "multipleOf": 0.5, "minimum": 1.1}, 2.5),
        ({"type": "number", "minimum": 0, "maximum": 1}, 0.5),
        ({"allOf": [{"properties": {"a": {"type": "null"}}}, {"properties": {"b": {"type": "boolean"}}}]}, None),
        ({"items": {"type": "null"}}, [None]),
        ({"type": "array", "minItems": 3, "items": {"type": "null"}}, [None] * 3),
        ({"oneOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"type": "string", "format": "email"}, "spider@example.com"),
        ({}, "silk thread"),
        (True, "silk thread"),
    ],
)
def test_rows(schema, made):
    expected = {"a": None, "b": True} if "allOf" in (schema if isinstance(schema, dict) else {}) else made
    assert example(schema) == expected


def doubling(levels: int) -> dict[str, object]:
    """A schema of a few lines whose value has two to the power of `levels` leaves."""
    below = [*(f"#/$defs/level{at}" for at in range(1, levels)), "#/$defs/leaf"]
    steps = {
        f"level{at}": {
            "type": "object",
            "required": ["a", "b"],
            "properties": {"a": {"$ref": each}, "b": {"$ref": each}},
        }
        for at, each in enumerate(below)
    }
    return {"$ref": "#/$defs/level0", "$defs": {**steps, "leaf": {"type": "null"}}}


def test_a_schema_may_grow_but_not_without_end():
    assert example(doubling(2)) == {"a": {"a": None, "b": None}, "b": {"a": None, "b": None}}
    with pytest.raises(ValueError, match="more than 2000 parts"):
        example(doubling(12))


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"$ref": "#/$defs/missing"}, "does not hold"),
        ({"$ref": "https://example.com/schema"}, "only references within"),
        ({"$ref": "#"}, "more than 2000 parts"),
        ({"type": "array", "minItems": 10_000_000}, "ask for fewer"),
        ({"type": "string", "minLength": 10_000_000}, "ask for fewer"),
        ({"properties": 7, "type": "object"}, "malformed"),
        ({"enum": {"a": 1}}, "malformed"),
        ({"type": "array", "minItems": {"a": 1}}, "malformed"),
        ({"type": "object", "required": ["a", "b"], "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}}, "parts"),
    ],
)
def test_what_has_no_example_is_told_so(schema, says):
    with pytest.raises(ValueError, match=says):
        example(schema)
