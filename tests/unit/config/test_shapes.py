from typing import assert_never

import pytest
from msgspec import inspect

from gossamer.config.leaves import Leaf
from gossamer.config.settings import Settings
from gossamer.config.shapes import EitherShape, ListShape, MapShape, SectionShape, Shape, VariantShape, file_shape


def leaves_of(shape: Shape, path: str = "") -> dict[str, str]:
    """Every single value of the file, and its kind."""
    match shape:
        case Leaf():
            return {path: shape.name}
        case ListShape():
            return leaves_of(shape.item, f"{path}[]")
        case MapShape():
            return leaves_of(shape.value, f"{path}.*")
        case SectionShape():
            parts = [leaves_of(field.shape, f"{path}.{key}") for key, field in shape.fields.items()]
        case VariantShape():
            parts = [leaves_of(section, f"{path}<{word}>") for word, section in shape.sections.items()]
        case EitherShape():
            parts = [leaves_of(shape.leaf, path), leaves_of(shape.section, path)]
        case _:
            assert_never(shape)
    return {name: kind for part in parts for name, kind in part.items()}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".server.port", "whole"),
        (".server.uds", "socket_path"),
        (".server.tls.key", "path"),
        (".server.limits.idle_timeout", "duration"),
        (".journal.max_size", "size"),
        (".log.level", "choice"),
        (".providers.*<openai>.api_keys[]", "secret"),
        (".providers.*<openai-compatible>.base_url", "url"),
        (".providers.*<openai>.headers.*", "header_value"),
        (".providers.*<mock>.mock.jitter", "jitter"),
        (".models.*", "target"),
        (".keys[].token", "token"),
        (".keys[].models[]", "model_name"),
    ],
)
def test_a_value_and_its_kind(path, kind):
    assert leaves_of(file_shape())[path] == kind


def test_each_key_of_the_file_ends_up_in_the_settings():
    """An accepted key that does nothing would be a lie."""
    settings = inspect.type_info(Settings)
    assert isinstance(settings, inspect.StructType)
    assert {field.encode_name for field in settings.fields} == set(file_shape().fields)


def test_every_value_explains_itself_to_an_editor():
    fields = [field for field in file_shape().fields.values() if isinstance(field.shape, SectionShape)]
    unexplained = [
        f"{outer.key}.{inner.key}"
        for outer in fields
        if isinstance(outer.shape, SectionShape)
        for inner in outer.shape.fields.values()
        if isinstance(inner.shape, Leaf) and not inner.description
    ]
    assert unexplained == []


def test_a_key_that_is_looked_for_in_the_wrong_place_has_a_home():
    shape = file_shape()
    assert shape.homes["port"] == "under server"
    providers = shape.fields["providers"].shape
    assert isinstance(providers, MapShape)
    assert isinstance(providers.value, VariantShape)
    assert providers.value.homes["mock"] == "to kind: mock"
