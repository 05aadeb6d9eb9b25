"""The settings in force, as the YAML that would give them. Secrets show four characters at most.

A header counts as a secret when its name sounds like one: the settings no longer know where a value came from.
"""

import re
from typing import Any

import yaml

from gossamer.config.leaves import Leaf, mask
from gossamer.config.settings import KeySettings, Settings
from gossamer.config.shapes import EitherShape, ListShape, MapShape, SectionShape, Shape, VariantShape, file_shape

_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|password|credential|signature")


def show_settings(settings: Settings) -> str:
    """YAML in the order of the file format."""
    plain: dict[str, Any] = {}
    for field in file_shape().fields.values():
        value = getattr(settings, field.attribute)
        is_keys = field.key == "keys"
        plain[field.key] = [_plain_key(key) for key in settings.keys] if is_keys else _plain(field.shape, value)
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


def _plain(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    match shape:
        case Leaf():
            return shape.write(value)
        case ListShape():
            each_plain = [_plain(shape.item, each) for each in value]
            return each_plain[0] if shape.takes_one and len(each_plain) == 1 else each_plain
        case MapShape():
            return {name: _plain_named(shape.value, name, each) for name, each in value.items()}
        case SectionShape():
            return {field.key: _plain(field.shape, getattr(value, field.attribute)) for field in shape.fields.values()}
        case VariantShape():
            word = next(word for word, section in shape.sections.items() if isinstance(value, section.struct))
            return {shape.selector: word, **_plain(shape.sections[word], value)}
        case EitherShape():
            return _plain(shape.section if isinstance(value, shape.section.struct) else shape.leaf, value)


def _plain_named(shape: Shape, name: str, value: Any) -> Any:
    if isinstance(shape, Leaf) and shape.name == "header_value" and _SECRET_HEADER.search(name):
        return mask(value)
    return _plain(shape, value)


def _plain_key(key: KeySettings) -> dict[str, Any]:
    models = None if key.models is None else sorted(key.models)
    return {"name": key.name, "sha256": mask(key.digest.hex()), "models": models}
