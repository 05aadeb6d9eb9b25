"""Where a ClickHouse is, from a URL. Text in, values out; nothing here ever repeats a password."""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from gossamer.http.origin import Origin

PREFIX: Final = "clickhouse"
_SCHEMES: Final = {"clickhouse": False, "clickhouse+http": False, "clickhouse+https": True}
"""Whether it is over TLS."""
_PORT: Final = 8123
_TLS_PORT: Final = 8443
_NATIVE_PORTS: Final = (9000, 9440)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
"""Of a database or a cluster: they stand in statements, where nothing can be bound."""
_CLUSTER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_FORM: Final = "write clickhouse://USER:PASSWORD@HOST:8123/DATABASE, and ?secure=true for TLS"
_OPTIONS: Final = ("cluster", "secure", "verify")
_WORDS: Final = {"1": True, "true": True, "0": False, "false": False}


class ClickHouseAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One server, or a balancer before the replicas of a cluster."""

    origin: Origin
    database: str = "default"
    user: str = "default"
    password: str = ""
    cluster: str | None = None
    """Tables are made on all of its servers, with engines that replicate."""
    trust: bool | str = True
    """Of TLS: as usual, not at all, or the PEM file of the CA to trust."""

    def __repr__(self) -> str:
        return f"ClickHouseAddress({self.shown})"

    @property
    def shown(self) -> str:
        return f"{self.origin}/{self.database}"


def parse_clickhouse_url(url: str) -> ClickHouseAddress:
    """ValueError says what is wrong, and behind a semicolon what to write."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"this is no URL, or its port no number; {_FORM}") from None
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"the scheme {parts.scheme or '(none)'} is not known; {_FORM}")
    if not parts.hostname:
        raise ValueError(f"the URL names no host; {_FORM}")
    if port in _NATIVE_PORTS:
        raise ValueError(f"port {port} speaks ClickHouse's native protocol; name the one of its HTTP interface, 8123")
    options = _options(parts.query)
    is_tls = _SCHEMES[parts.scheme] or _is_true("secure", options.get("secure", "false"))
    return ClickHouseAddress(
        origin=Origin("https" if is_tls else "http", parts.hostname, port or (_TLS_PORT if is_tls else _PORT)),
        database=_name("database", unquote(parts.path.strip("/")) or "default", _NAME),
        user=unquote(parts.username) if parts.username else "default",
        password=unquote(parts.password) if parts.password else "",
        cluster=_name("cluster", options["cluster"], _CLUSTER) if "cluster" in options else None,
        trust=_trust(options, is_tls=is_tls),
    )


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in _OPTIONS:
            raise ValueError(f"there is no option {name[:40]!r}; there are {', '.join(_OPTIONS)}")
    return options


def _name(what: str, text: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(text):
        raise ValueError(f"the name of the {what} has other characters than letters, digits and _; rename it")
    return text


def _is_true(name: str, word: str) -> bool:
    if word.lower() not in _WORDS:
        raise ValueError(f"{name} is neither true nor false; write ?{name}=true")
    return _WORDS[word.lower()]


def _trust(options: dict[str, str], *, is_tls: bool) -> bool | str:
    word = options.get("verify", "true")
    if "verify" in options and not is_tls:
        raise ValueError("verify is of TLS only; write ?secure=true&verify=/path/of/ca.pem")
    return _WORDS.get(word.lower(), word)
