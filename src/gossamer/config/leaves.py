"""The table of the kinds of single values: how each is read, bounded, written back, explained and checked by editors.

A new kind of value is a function in values.py and a line here; settings.py names it as the `leaf` of a type.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from gossamer.config import values
from gossamer.config.document import Tag
from gossamer.config.money import (
    BUDGET_FORM,
    COUNT_FORM,
    RATE_FORM,
    format_budget,
    format_count,
    format_rate,
    format_usd,
)
from gossamer.config.units import DURATION_FORM, SIZE_FORM, format_duration, format_size
from gossamer.config.values import Unfit
from gossamer.core.allowance import NANOS_PER_USD
from gossamer.policy.price import PICOS_A_MILLION
from gossamer.redis.address import without_password

_TEXT: Final[frozenset[Tag]] = frozenset({"str"})
_NUMBER: Final[frozenset[Tag]] = frozenset({"int", "float"})
_ANY: Final[frozenset[Tag]] = _TEXT | _NUMBER | {"bool"}
"""For values whose form says enough, whatever YAML takes them for."""
_TAG_WORDS: Mapping[Tag, str] = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false"}

_MASKABLE_LENGTH = 12
"""Characters: the four that are shown must be a small part of a secret."""


def mask(secret: str) -> str:
    """Enough of a secret to tell two apart; a short one shows nothing."""
    return f"****{secret[-4:]}" if len(secret) >= _MASKABLE_LENGTH else "****"


def _any_text() -> dict[str, Any]:
    return {"type": "string", "minLength": 1}


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of value."""

    name: str
    parse: Callable[[str], Any]
    allowed: str
    """What to do instead, as the second half of an error."""
    schema: Mapping[str, Any] = msgspec.field(default_factory=_any_text)
    tags: frozenset[Tag] = _TEXT
    """How the value may look in YAML, unless it is loose."""
    write: Callable[[Any], object] = lambda value: value
    """Back to what a file could say."""
    least: float | None = None
    above: float | None = None
    most: float | None = None
    is_secret: bool = False

    def read(self, text: str, tag: Tag, *, loose: bool) -> object:
        """The value, within its bounds. `loose`: the text counts, whatever YAML takes it for. Raises Unfit."""
        if not loose and tag not in self.tags:
            raise Unfit(self._misfit(text, tag))
        value = self.parse(text)
        if (self.least is not None and value < self.least) or (self.above is not None and value <= self.above):
            raise Unfit(f"{text} is too small")
        if self.most is not None and value > self.most:
            raise Unfit(f"{text} is too large")
        return value

    def _misfit(self, text: str, tag: Tag) -> str:
        if tag == "null":
            return "the value is empty"
        if self.tags == _TEXT:
            return f"YAML takes this for {_TAG_WORDS[tag]}, and text is needed: put it in quotes"
        if tag == "str" and values.is_whole(text):
            return f"the quotes make text of {text}"
        return f"{text!r} is {_TAG_WORDS[tag]}"


def bounded(leaf: Leaf, *, least: float | None, above: float | None, most: float | None) -> Leaf:
    """The leaf within bounds, which its advice names."""
    words = []
    if least is not None and most is not None:
        words.append(f"from {least} to {most}")
    elif least:
        words.append(f"of at least {least}")
    elif above is not None:
        words.append(f"above {above}")
    noun, comma, rest = leaf.allowed.partition(" such as")
    allowed = " ".join([noun, *words]) + (f",{comma}{rest}" if words and comma else comma + rest)
    return msgspec.structs.replace(leaf, least=least, above=above, most=most, allowed=allowed)


def choice(words: tuple[str, ...]) -> Leaf:
    """One of a few words."""
    return Leaf(
        name="choice",
        parse=values.one_of(words),
        allowed=f"write one of: {', '.join(words)}",
        schema={"enum": list(words)},
        tags=_ANY,
    )


def _form(pattern: str) -> dict[str, str]:
    return {"type": "string", "pattern": pattern}


BOOL = Leaf(
    name="bool",
    parse=values.read_bool,
    allowed="write true or false",
    schema={"type": "boolean"},
    tags=frozenset({"bool"}),
)
LINE = Leaf(name="line", parse=values.read_line, allowed="write one line of text")
WHOLE = Leaf(
    name="whole", parse=values.read_whole, allowed="write a whole number", schema={"type": "integer"}, tags=_NUMBER
)
_NAMED = (
    Leaf(
        name="duration",
        parse=values.read_duration,
        allowed="write a duration such as 250ms, 10s or 5m; a plain number is seconds",
        schema={"anyOf": [{"type": "number", "minimum": 0}, _form(DURATION_FORM)]},
        tags=_TEXT | _NUMBER,
        write=format_duration,
    ),
    Leaf(
        name="size",
        parse=values.read_size,
        allowed="write a size such as 64KB or 32MiB; a plain number is bytes",
        schema={"anyOf": [{"type": "integer", "minimum": 0}, _form(SIZE_FORM)]},
        tags=_TEXT | _NUMBER,
        write=format_size,
    ),
    Leaf(
        name="trust",
        parse=values.read_trust,
        allowed="write true, false, or the path of the CA's PEM file",
        schema={"anyOf": [{"type": "boolean"}, {"type": "string", "minLength": 1}]},
        tags=frozenset({"bool", "str"}),
    ),
    Leaf(
        name="host",
        parse=values.read_host,
        allowed="write an address or a host name such as 127.0.0.1; the port is server.port",
    ),
    Leaf(
        name="listen",
        parse=values.read_listen,
        allowed="write host:port such as 127.0.0.1:8081 or [::1]:8081; leave it out for none",
    ),
    Leaf(name="path", parse=values.read_path, allowed="write a path; ${HOME} stands for the home directory"),
    Leaf(name="socket_path", parse=values.read_socket_path, allowed="write a path such as /run/gossamer.sock"),
    Leaf(
        name="url",
        parse=values.read_url,
        allowed="write a URL such as http://127.0.0.1:8000/v1 or unix:/run/model.sock",
    ),
    Leaf(
        name="http_url",
        parse=values.read_http_url,
        allowed="write a URL such as http://127.0.0.1:8000/mcp",
        write=values.hide_query,
        is_secret=True,
    ),
    Leaf(
        name="tool_name",
        parse=values.matching(values.TOOL_FORM),
        allowed="use letters, digits, dashes and underscores, a letter first, 32 at most",
        schema=_form(values.TOOL_FORM),
    ),
    Leaf(
        name="env_name",
        parse=values.matching(values.ENV_FORM),
        allowed="write a name such as API_TOKEN",
        schema=_form(values.ENV_FORM),
    ),
    Leaf(
        name="env_value",
        parse=values.read_line,
        allowed="write one line of text, and secrets as ${NAME}",
        tags=_ANY,
        write=mask,
        is_secret=True,
    ),
    Leaf(
        name="collector",
        parse=values.read_collector,
        allowed="write a URL such as http://127.0.0.1:4318, without the /v1/traces",
    ),
    Leaf(
        name="share",
        parse=values.read_share,
        allowed="write a share such as 0.1",
        schema={"type": "number"},
        tags=_NUMBER,
    ),
    Leaf(
        name="api_version",
        parse=values.matching(values.API_VERSION_FORM),
        allowed="write a date as Azure lists them, such as 2024-10-21, or v1",
        schema=_form(values.API_VERSION_FORM),
        tags=_ANY,
    ),
    Leaf(
        name="state_url",
        parse=values.read_state_url,
        allowed="write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE",
        write=values.hide_passwords,
        is_secret=True,
    ),
    Leaf(
        name="provider_name",
        parse=values.matching(values.NAME_FORM),
        allowed="use letters, digits, dots, dashes and underscores, a letter or digit first",
        schema=_form(values.NAME_FORM),
    ),
    Leaf(name="pattern", parse=values.read_pattern, allowed="bound every repeat, as in EMP-[0-9]{6}; no group repeats"),
    Leaf(
        name="model_name",
        parse=values.matching(values.MODEL_FORM),
        allowed="write a name without spaces",
        schema=_form(values.MODEL_FORM),
        tags=_ANY,
    ),
    Leaf(
        name="target",
        parse=values.matching(values.TARGET_FORM),
        allowed="write provider/model, such as openai/gpt-4o-mini",
        schema=_form(values.TARGET_FORM),
        tags=_ANY,
    ),
    Leaf(
        name="jitter",
        parse=values.matching(values.JITTER_FORM),
        allowed="write none, uniform:0.2 (a share up to 1) or lognormal:0.5 (a sigma up to 4)",
        schema=_form(values.JITTER_FORM),
        tags=_ANY,
    ),
    Leaf(
        name="rate",
        parse=values.read_rate,
        allowed="write a rate such as 600/min or 1M/min",
        schema=_form(RATE_FORM),
        write=format_rate,
    ),
    Leaf(
        name="count",
        parse=values.read_count,
        allowed="write a number such as 128k, 1M or 32768",
        schema={"anyOf": [{"type": "integer", "minimum": 1}, _form(COUNT_FORM)]},
        tags=_TEXT | _NUMBER,
        write=format_count,
    ),
    Leaf(
        name="budget",
        parse=values.read_budget,
        allowed="write a budget such as 50 USD/month or 2.50 USD/day",
        schema=_form(BUDGET_FORM),
        write=format_budget,
    ),
    Leaf(
        name="usd_a_million",
        parse=values.in_parts(PICOS_A_MILLION),
        allowed="write dollars for a million tokens such as 0.15",
        schema={"type": "number", "minimum": 0},
        tags=_NUMBER,
        write=lambda picos: format_usd(picos, PICOS_A_MILLION),
    ),
    Leaf(
        name="usd",
        parse=values.in_parts(NANOS_PER_USD),
        allowed="write dollars such as 0.01",
        schema={"type": "number", "minimum": 0},
        tags=_NUMBER,
        write=lambda nanos: format_usd(nanos, NANOS_PER_USD),
    ),
    Leaf(
        name="decimal",
        parse=values.read_decimal,
        allowed="write a number such as 0.2",
        schema={"type": "number"},
        tags=_NUMBER,
    ),
    Leaf(
        name="counters",
        parse=values.read_counters,
        allowed="write memory, or a URL such as redis://:PASSWORD@127.0.0.1:6379/0",
        write=without_password,
    ),
    Leaf(
        name="traces",
        parse=values.read_traces,
        allowed="write sqlite, none, or a URL such as clickhouse://USER:PASSWORD@127.0.0.1:8123/gossamer",
        write=values.hide_passwords,
        is_secret=True,
    ),
    Leaf(
        name="audit_to",
        parse=values.read_audit_to,
        allowed="write file, none, or a URL such as kafka://127.0.0.1:9092/agent_audit_events",
        tags=_ANY,
    ),
    Leaf(
        name="allowed_tool",
        parse=values.matching(values.ALLOWED_TOOL_FORM),
        allowed="write SERVER.TOOL, SERVER.*, the name of a function, or agent:NAME",
        schema=_form(values.ALLOWED_TOOL_FORM),
    ),
    Leaf(name="prose", parse=values.read_prose, allowed="write text, or leave the field out"),
    Leaf(
        name="json_schema",
        parse=values.read_json_schema,
        allowed='write a JSON object as text, such as |- {"type": "object", "properties": {...}}',
    ),
    Leaf(name="key_name", parse=values.read_line, allowed="write one line of text"),
    Leaf(
        name="secret",
        parse=values.read_secret,
        allowed="write the key, best as ${NAME}, and nothing around it",
        write=mask,
        is_secret=True,
    ),
    Leaf(
        name="token",
        parse=values.digest_token,
        allowed="write the token, best as ${NAME}, and nothing around it",
        is_secret=True,
    ),
    Leaf(
        name="sha256",
        parse=values.read_sha256,
        allowed="write what `printf %s TOKEN | sha256sum` prints",
        schema=_form(values.SHA256_FORM),
        is_secret=True,
    ),
    Leaf(name="header_name", parse=values.read_header_name, allowed="leave it out, or name another header"),
    Leaf(
        name="secret_header_value",
        parse=values.read_header_value,
        allowed="write one line of visible ASCII",
        write=mask,
        is_secret=True,
    ),
    Leaf(
        name="header_value", parse=values.read_header_value, allowed="write one line of visible ASCII", is_secret=True
    ),
)

LEAVES: Mapping[str, Leaf] = MappingProxyType({leaf.name: leaf for leaf in _NAMED})
