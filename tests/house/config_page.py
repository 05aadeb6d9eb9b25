"""docs/reference/config.md, written from the JSON Schema that `gossamer config schema` prints.

    python -m tests.house.config_page      writes it anew

A test compares it with what would be written now.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gossamer.config.money import BUDGET_FORM, COUNT_FORM, RATE_FORM
from gossamer.config.schema import json_schema
from gossamer.config.units import DURATION_FORM, SIZE_FORM
from gossamer.supervisor.changes import FIXED, FIXED_OF_CACHE, FIXED_OF_CONTROL, FIXED_OF_SERVER
from tests.house.pages import ROOT

Schema = Mapping[str, Any]

PAGE = "docs/reference/config.md"

INTRODUCTION = """\
# Configuration

Written from the JSON Schema by `python -m tests.house.config_page`; do not edit it by hand.

`gossamer serve --config FILE` reads FILE; without it `./gossamer.yaml`, where there is one; else the built-in defaults:
the mock, OpenAI where `OPENAI_API_KEY` is in the environment, and Anthropic where `ANTHROPIC_API_KEY` is; what names no
other provider goes to the first of them. A commented example is [gossamer.example.yaml](../../gossamer.example.yaml).

```console
$ gossamer config check --config gossamer.yaml     # every mistake, with its line and the nearest valid name
$ gossamer config show --config gossamer.yaml      # what is in force, secrets masked
$ gossamer config schema                           # the schema, for completion and checks in an editor
```

- **Strict**: a key that is not in these tables is an error.
- **From the environment**: `${NAME}` and `${NAME:-default}` stand for a value or a part of one; `$${` is a plain `${`.
- **Overrides**: `GOSSAMER_SERVER__PORT=9000` sets `server.port`, two underscores between the levels. A list is replaced
  whole. `--host`, `--port` and `--workers` of `gossamer serve` go before both.
- **Durations** are written `250ms`, `10s`, `5m`, `1h` or `1d`; a plain number is seconds.
- **Sizes** are written `64KB` (1,000) or `32MiB` (1,024); a plain number is bytes.
- **Counts** are written `32768`, `128k` (128,000) or `1M`.
- **Rates** are written `600/min`, `20k/min` or `1M/min`, **budgets** `2.50 USD/day` or `50 USD/month`, **amounts** in
  US dollars as plain numbers; all are kept exactly.
- **NAME** is chosen by you.
- **Rules across fields**: a provider that is named must exist; each key has its own name and one of `token` and
  `sha256`; the header of the key stands in `headers` or follows from `api_keys`, not both; `openai-compatible` has a
  `base_url` or a `vendor`; `journal.max_size` holds three segments for each worker; a model that is limited, and the
  provider of one that is priced, must exist; a route names each target once, and is `sticky` only where its strategy
  has a choice.
- **A reload** (SIGHUP) takes over all but FIXED: these wait for a restart, and the log says so.
- **Proxies** to the providers come from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, read at the start.
"""

_WORDS = {
    DURATION_FORM: "a duration",
    SIZE_FORM: "a size",
    RATE_FORM: "a rate",
    COUNT_FORM: "a count",
    BUDGET_FORM: "a budget",
}
_PLAIN = {"boolean": "`true`, `false`", "string": "text", "number": "an amount"}
_REFERENCE = r"\$\{"
"""Any value may come from the environment; the introduction says so once."""


def write_page() -> str:
    of_sections = [f"server.{name}" for name in FIXED_OF_SERVER] + [f"control.{name}" for name in FIXED_OF_CONTROL]
    of_sections += [f"cache.{name}" for name in FIXED_OF_CACHE]
    fixed = [f"`{name}`" for name in (*of_sections, *FIXED)]
    introduction = INTRODUCTION.replace("FIXED", f"{', '.join(fixed[:-1])} and {fixed[-1]}")
    sections: dict[str, str] = dict(_sections("", json_schema()))
    return "\n".join([introduction, *(f"## {title}\n\n{text}" for title, text in sections.items())])


def _sections(path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    """The table of one section, then those below it. A section that two kinds share comes once."""
    properties: Mapping[str, Schema] = schema["properties"]
    title = path or "The top level"
    if kind := properties.get("kind"):
        title = f"{path}, kind: {kind['const']}"
    yield title, _table(schema)
    for key, found in properties.items():
        yield from _below(f"{path}.{key}".removeprefix("."), found)


def _below(path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    for each in _alternatives(schema):
        if "properties" in each:
            yield from _sections(path, each)
        elif "items" in each:
            yield from _below(f"{path}[]", each["items"])
        elif isinstance(each.get("additionalProperties"), Mapping):
            yield from _below(f"{path}.NAME", each["additionalProperties"])


def _table(schema: Schema) -> str:
    rows = ["| key | takes | default | means |", "| --- | --- | --- | --- |"]
    for key, found in schema["properties"].items():
        needed = key in schema["required"]
        rows.append(f"| `{key}` | {_takes(found)} | {_default(found, needed=needed)} | {_means(found)} |")
    return "\n".join([schema["description"], "", *rows, ""])


def _takes(schema: Schema) -> str:
    words = [word for each in _alternatives(schema) if (word := _word(each))]
    return ", or ".join(dict.fromkeys(words))


def _word(schema: Schema) -> str:
    """What one alternative allows."""
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "properties" in schema:
        return "a section"
    if "items" in schema:
        return f"a list of {_takes(schema['items'])}"
    if "additionalProperties" in schema:
        return f"NAME: {_takes(schema['additionalProperties'])}"
    if "pattern" in schema:
        return _WORDS.get(schema["pattern"], "text")
    if schema["type"] == "integer":
        return _bounded(schema)
    if schema.get("maximum") == 1:
        return "a share, 0 to 1"
    return _PLAIN.get(schema["type"], "")


def _bounded(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"a whole number, {least} to {most}"
    return "a whole number" if least is None else f"a whole number from {least} up"


def _default(schema: Schema, *, needed: bool) -> str:
    if "const" in schema or needed:
        return "needed"
    if "default" not in schema:
        return ""
    default = schema["default"]
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _means(schema: Schema) -> str:
    if "const" in schema:
        return "The kind of provider."
    texts = [schema.get("description", ""), *(each.get("description", "") for each in _alternatives(schema))]
    return next((text for text in texts if text), "")


def _alternatives(schema: Schema) -> list[Schema]:
    """One of these it must be; a plain number beside a duration or size, and nothing at all, go without saying."""
    found: list[Schema] = list(schema.get("anyOf") or schema.get("oneOf") or [schema])
    has_units = any(each.get("pattern") in _WORDS for each in found)
    return [
        each
        for each in found
        if each.get("pattern") != _REFERENCE
        and each.get("type") != "null"
        and not (has_units and each.get("type") in ("number", "integer"))
    ]


if __name__ == "__main__":
    (ROOT / PAGE).write_text(write_page(), encoding="utf-8")
