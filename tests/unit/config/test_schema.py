"""What an editor would say, by the few words of JSON Schema that ours uses."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gossamer.config.schema import DIALECT, json_schema

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
Check = Callable[[dict[str, Any], Any, Any, str], Iterator[str]]

NO_MEANING = {"$schema", "title", "description", "default"}


def faults(schema: dict[str, Any], value: Any, at: str = "") -> Iterator[str]:
    for word, says in schema.items():
        if word not in NO_MEANING:
            yield from FAULTS[word](schema, says, value, at)


def of_type(_, says, value, at):
    types = [kind for name in ([says] if isinstance(says, str) else says) for kind in TYPES[name]]
    if not isinstance(value, tuple(types)) or (isinstance(value, bool) and bool not in types):
        yield f"{at}: {value!r} is no {says}"


def of_members(schema, says, value, at):
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name in says:
            yield from faults(says[name], inner, f"{at}.{name}")


def of_other_members(schema, says, value, at):
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name in schema.get("properties", {}):
            continue
        if says is False:
            yield f"{at}.{name}: unknown"
        else:
            yield from faults(says, inner, f"{at}.{name}")


def of_choice(how_many: Callable[[int], bool]) -> Check:
    def check(_, says, value, at):
        fitting = [option for option in says if not list(faults(option, value))]
        if not how_many(len(fitting)):
            yield f"{at}: {len(fitting)} of {len(says)} fit"

    return check


def simple(is_fine: Callable[[Any, Any], object]) -> Check:
    def check(_, says, value, at):
        if not is_fine(says, value):
            yield f"{at}: {value!r} is not {says!r}"

    return check


FAULTS: dict[str, Check] = {
    "type": of_type,
    "properties": of_members,
    "additionalProperties": of_other_members,
    "propertyNames": lambda _, says, value, at: (f for n in value or () for f in faults(says, n, f"{at}.{n}")),
    "items": lambda _, says, value, at: (f for i, v in enumerate(value or ()) for f in faults(says, v, f"{at}[{i}]")),
    "required": lambda _, says, value, at: (f"{at}.{n}: missing" for n in says if n not in (value or ())),
    "anyOf": of_choice(lambda count: count >= 1),
    "oneOf": of_choice(lambda count: count == 1),
    "enum": simple(lambda says, value: value in says),
    "const": simple(lambda says, value: value == says),
    "pattern": simple(lambda says, value: not isinstance(value, str) or re.search(says, value)),
    "minLength": simple(lambda says, value: not isinstance(value, str) or len(value) >= says),
    "minItems": simple(lambda says, value: not isinstance(value, list) or len(value) >= says),
    "minimum": simple(lambda says, value: not isinstance(value, int | float) or value >= says),
    "maximum": simple(lambda says, value: not isinstance(value, int | float) or value <= says),
    "exclusiveMinimum": simple(lambda says, value: not isinstance(value, int | float) or value > says),
}


def faults_of(text: str) -> list[str]:
    return list(faults(json_schema(), yaml.safe_load(text)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "server:",
        "server: {port: 0, workers: 2, uds: null, tls: {certificate: c, key: k}}",
        "server: {port: '${PORT}', limits: {body_bytes: 32MiB, idle_timeout: 1.5, head_timeout: 250ms}}",
        "providers: {a: {kind: openai, api_keys: ['${KEY}']}}",
        "providers: {a: {kind: openai-compatible, base_url: http://h, verify_tls: false, headers: {A: b}}}",
        "providers: {a: {kind: mock, mock: {jitter: uniform:0.2}}}",
        "models: {a: mock/mock}",
        "keys: [{name: a, token: t}, {name: b, sha256: '%s', models: [m]}]" % ("ab" * 32),
    ],
)
def test_what_an_editor_accepts(text, read):
    assert faults_of(text) == []
    read(text, {"PORT": "1", "KEY": "k"})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("servr: {}", ".servr: unknown"),
        ("server: {prot: 1}", ".server.prot: unknown"),
        ("server: {port: 65536}", ".server.port: 0 of 2 fit"),
        ("server: {port: '8080'}", ".server.port: 0 of 2 fit"),
        ("server: {workers: 0}", ".server.workers: 0 of 2 fit"),
        ("server: {limits: {idle_timeout: soon}}", ".server.limits.idle_timeout: 0 of 3 fit"),
        ("server: {tls: {certificate: c}}", ".server.tls: 0 of 2 fit"),
        ("log: {level: warn}", ".log.level: 0 of 2 fit"),
        ("providers: {a: {kind: openai}}", ".providers.a: 0 of 5 fit"),
        ("providers: {a: {kind: mock, api_keys: [k]}}", ".providers.a: 0 of 5 fit"),
        ("providers: {a/b: {kind: mock}}", ".providers.a/b: 'a/b' is not '^[A-Za-z0-9][A-Za-z0-9._-]*$'"),
        ("models: {a: b}", ".models.a: 0 of 3 fit"),
        ("keys: [{token: t}]", ".keys[0].name: missing"),
    ],
)
def test_what_an_editor_underlines(text, fault, complaints):
    assert faults_of(text) == [fault]
    assert complaints(text)


def test_an_editor_sees_what_a_field_is_for_and_its_default():
    server = json_schema()["properties"]["server"]["properties"]
    assert server["port"]["default"] == 8080
    assert server["port"]["description"] == "TCP port; 0 takes any free one."
    assert server["limits"]["properties"]["body_bytes"]["default"] == "32MiB"
    assert server["limits"]["properties"]["head_timeout"]["default"] == "10s"


def test_the_dialect_is_named():
    assert json_schema()["$schema"] == DIALECT


def test_an_editor_finds_nothing_in_the_shipped_example():
    example = Path(__file__).parents[3] / "gossamer.example.yaml"
    assert faults_of(example.read_text(encoding="utf-8")) == []
