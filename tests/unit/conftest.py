"""A check of answers against the types of the official SDKs."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter


@pytest.fixture
def fits():
    """Validates against a type of an SDK, strictly: right types, and no member that the SDK does not know."""

    def check(kind, value):
        made = _adapter(kind).validate_python(value, strict=True)
        unknown = list(_unknown(made))
        assert not unknown
        return made

    return check


@lru_cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _unknown(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _unknown(each, f"{path}[{at}]")
