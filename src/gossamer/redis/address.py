"""Where a Redis is, from a URL. Text in, values out; nothing here ever repeats a password."""

import re
from typing import Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

_PORT: Final = 6379
_SCHEMES: Final = {
    "redis": (False, False),
    "rediss": (True, False),
    "redis+cluster": (False, True),
    "rediss+cluster": (True, True),
}
"""Whether it is over TLS, and whether it is a cluster."""
_FORM: Final = "write redis://USER:PASSWORD@HOST:PORT/DB, rediss:// for TLS, redis+cluster:// for a cluster"
_SECRET: Final = re.compile(r"(?<=://).*(?=@)")
"""Up to the last @: a password may have others, and slashes, in it."""


class RedisAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One server, or where to ask a cluster for its servers."""

    host: str
    port: int = _PORT
    db: int = 0
    username: str | None = None
    password: str | None = None
    has_tls: bool = False
    is_cluster: bool = False
    trust: bool | str = True
    """Of TLS: as usual, not at all, or the PEM file of the CA to trust."""
    nodes: tuple[tuple[str, int], ...] = ()
    """Of a cluster: more servers to ask, where the first is away."""

    def __repr__(self) -> str:
        return f"RedisAddress({self.shown})"

    @property
    def shown(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def seeds(self) -> tuple[tuple[str, int], ...]:
        return ((self.host, self.port), *self.nodes)

    def at(self, host: str, port: int) -> "RedisAddress":
        """Another server of the same cluster."""
        return msgspec.structs.replace(self, host=host, port=port, nodes=())


def parse_redis_url(url: str) -> RedisAddress:
    """ValueError says what is wrong, and behind a semicolon what to write."""
    parts, more = _split(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"the scheme {parts.scheme or '(none)'} is not known; {_FORM}")
    has_tls, is_cluster = _SCHEMES[parts.scheme]
    if more and not is_cluster:
        raise ValueError(f"several servers, and no cluster; {_FORM}")
    if not parts.hostname:
        raise ValueError(f"the URL names no host; {_FORM}")
    db = _db(parts.path)
    if db and is_cluster:
        raise ValueError("a cluster has database 0 only; leave the path out")
    return RedisAddress(
        host=parts.hostname,
        port=_port(parts),
        db=db,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        has_tls=has_tls,
        is_cluster=is_cluster,
        trust=_trust(parts.query, has_tls=has_tls),
        nodes=tuple(map(_node, more)),
    )


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    return _SECRET.sub("****", url)


def _split(url: str) -> tuple[SplitResult, list[str]]:
    """The URL of the first server, and the others that stand behind it with commas."""
    head, slashes, rest = url.partition("://")
    rest, question, query = rest.partition("?")
    hosts, slash, path = rest.partition("/")
    first, *more = hosts.split(",")
    try:
        return urlsplit(f"{head}{slashes}{first}{slash}{path}{question}{query}"), more
    except ValueError:
        raise ValueError(f"this is no URL; {_FORM}") from None


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or _PORT
    except ValueError:
        raise ValueError(f"the port is no number from 1 to 65535; {_FORM}") from None


def _node(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
    except ValueError:
        raise ValueError(f"this is no URL; {_FORM}") from None
    if not parts.hostname or parts.username is not None:
        raise ValueError("one of the servers is no HOST:PORT; user and password stand before the first only")
    return parts.hostname, _port(parts)


def _db(path: str) -> int:
    number = path.strip("/")
    if number and not number.isdecimal():
        raise ValueError("the path is no number of a database; write /0, or leave it out")
    return int(number or 0)


def _trust(query: str, *, has_tls: bool) -> bool | str:
    if not query:
        return True
    name, _, value = query.partition("=")
    if name != "verify" or not value or not has_tls:
        raise ValueError(
            "only rediss:// has a setting, and only verify; write ?verify=false or ?verify=/path/of/ca.pem"
        )
    word: Literal["true", "false"] | str = value.lower()
    return word == "true" if word in ("true", "false") else unquote(value)
