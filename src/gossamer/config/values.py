"""How each kind of text is read: one function a kind, text in, value out, Unfit where the text is no such value.

Text is complete here: references to the environment are resolved before (reader.py). A function for something secret
never repeats what it was given.
"""

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from ipaddress import ip_address

import msgspec

from gossamer.config.money import Budget, parse_budget, parse_count, parse_rate, parse_usd
from gossamer.config.problems import suggest
from gossamer.config.units import parse_duration, parse_size
from gossamer.http.origin import parse_base_url
from gossamer.policy.own_pattern import UnfitPattern, own_pattern
from gossamer.projections.audit.address import parse_topic_url
from gossamer.projections.clickhouse.address import parse_clickhouse_url
from gossamer.redis.address import parse_redis_url

AUDIT_WORDS = ("file", "none")
IN_MEMORY = "memory"
"""The word for counters that are nowhere else."""

TRACES_HERE = ("sqlite", "none")
"""The words for traces that need no server."""

SQLITE_PREFIX = "sqlite:///"
POSTGRES_PREFIXES = ("postgresql://", "postgres://")
NAME_FORM = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
MODEL_FORM = r"^[!-~]+$"
TARGET_FORM = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[!-~]+$"
ALLOWED_TOOL_FORM = r"^(agent:)?[A-Za-z0-9][A-Za-z0-9_-]*([.]([*]|[!-)+-~]+))?$"
SHA256_FORM = r"^[0-9a-fA-F]{64}$"
API_VERSION_FORM = r"^(v1|20[0-9]{2}-[01][0-9]-[0-3][0-9](-preview)?)$"
TOOL_FORM = r"^[A-Za-z][A-Za-z0-9_-]{0,31}$"
ENV_FORM = r"^[A-Za-z_][A-Za-z0-9_]*$"
JITTER_FORM = r"^(none|uniform:(0(\.[0-9]+)?|1(\.0+)?)|lognormal:([0-3](\.[0-9]+)?|4(\.0+)?))$"
"""Forms are in the dialect that Python and JSON Schema share, since editors check by them too."""

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_DECIMAL = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_PROSE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]+")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_VISIBLE = re.compile(r"[!-~]+")
_LINE = re.compile(r"[^\x00-\x1f\x7f]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[!-~]([ \t!-~]*[!-~])?")
_PASSWORD = re.compile(r"(://[^:@/]*:).*@")
"""Up to the last @: a password that has one unescaped must not be shown from there on."""
_QUERY_PASSWORD = re.compile(r"([?&]\w*password=)[^&]*", re.IGNORECASE)
_SOCKET_PATH_BYTES = 107
"""sun_path of Linux holds 108 with the final zero."""
_LAST_PORT = 65535

_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that say where a message goes, and where it ends: a second voice on that is how requests are smuggled."""

_WORDS_FOR_TRUE = frozenset({"true", "yes", "on"})
_WORDS_FOR_FALSE = frozenset({"false", "no", "off"})


class Unfit(ValueError):
    """The text is no value of this kind; `allowed` is advice that fits better than that of the kind."""

    def __init__(self, wrong: str, allowed: str = "") -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.allowed = allowed


# --- numbers ---


def read_whole(text: str) -> int:
    if not is_whole(text):
        raise Unfit(f"{text!r} is no whole number")
    return int(text)


def is_whole(text: str) -> bool:
    """Without a leading zero, which YAML reads as octal and people do not."""
    return _WHOLE.fullmatch(text) is not None


def read_decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise Unfit(f"{text!r} is no number")
    return float(text)


def read_share(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise Unfit(f"{text!r} is no number")
    return float(text)


def read_bool(text: str) -> bool:
    if text.lower() not in _WORDS_FOR_TRUE | _WORDS_FOR_FALSE:
        raise Unfit(f"{text!r} is neither true nor false")
    return text.lower() in _WORDS_FOR_TRUE


def read_duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise Unfit(f"{text!r} is no duration") from None


def read_size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError:
        raise Unfit(f"{text!r} is no size") from None


def read_rate(text: str) -> int:
    try:
        return parse_rate(text)
    except ValueError:
        raise Unfit(f"{text!r} is no rate") from None


def read_count(text: str) -> int:
    try:
        return parse_count(text)
    except ValueError:
        raise Unfit(f"{text!r} is no whole number") from None


def read_budget(text: str) -> Budget:
    try:
        return parse_budget(text)
    except ValueError:
        raise Unfit(f"{text!r} is no budget") from None


def in_parts(parts: int) -> Callable[[str], int]:
    """A function that reads dollars as whole parts of one."""

    def read(text: str) -> int:
        try:
            return parse_usd(text, parts)
        except ValueError:
            raise Unfit(f"{text!r} is no amount, or finer than {Decimal(1) / parts:f}") from None

    return read


# --- text ---


def read_line(text: str) -> str:
    if not text:
        raise Unfit("the value is empty")
    if not _LINE.fullmatch(text):
        raise Unfit("the value has a line break or another control character in it")
    return text


def read_prose(text: str) -> str:
    """Text of several lines."""
    if not text.strip():
        raise Unfit("the value is empty")
    if not _PROSE.fullmatch(text):
        raise Unfit("the value has a control character in it")
    return text


def read_json_schema(text: str) -> str:
    """Only its form: a JSON object. Which words it uses, whoever checks answers by it knows."""
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unfit(f"this is no JSON object: {error}") from None
    return text


def matching(form: str) -> Callable[[str], str]:
    """A function that reads text of one form."""
    pattern = re.compile(form)

    def read(text: str) -> str:
        # A line first: `$` of a form would let a last line break pass.
        if not pattern.match(read_line(text)):
            raise Unfit(f"{text!r} does not have the form")
        return text

    return read


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    """A function that reads one of a few words."""

    def read(text: str) -> str:
        if text not in words:
            nearest = suggest(text, words)
            raise Unfit(f"{text!r} is not one of the words" + (f" (did you mean {nearest}?)" if nearest else ""))
        return text

    return read


def read_host(text: str) -> str:
    if not text:
        raise Unfit("the value is empty")
    if _HOST.fullmatch(text):
        return text
    try:
        return str(ip_address(text))
    except ValueError:
        raise Unfit(f"{text!r} is no address and no host name") from None


def read_listen(text: str) -> str:
    """host:port, an IPv6 address in brackets."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > _LAST_PORT or port == text:
        raise Unfit(f"{text!r} has no port from 0 to {_LAST_PORT}")
    bare = read_host(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    if (":" in bare) != host.startswith("["):
        raise Unfit(f"{text!r} has an IPv6 address without brackets, or brackets without one")
    return f"{host}:{int(port)}"


def read_path(text: str) -> str:
    if text.startswith("~"):
        raise Unfit(f"{text!r} begins with ~, which only a shell replaces")
    return read_line(text)


def read_socket_path(text: str) -> str:
    if len(read_path(text).encode()) > _SOCKET_PATH_BYTES:
        raise Unfit(f"the path is longer than the {_SOCKET_PATH_BYTES} bytes that a Unix socket may have")
    return text


def read_trust(text: str) -> bool | str:
    """Whether to trust as usual, not to ask, or which certificate to trust."""
    if text.lower() in _WORDS_FOR_TRUE | _WORDS_FOR_FALSE:
        return read_bool(text)
    return read_path(text)


def read_url(text: str) -> str:
    """As the client end of the wire understands it, so that nothing passes here and fails at the first request."""
    try:
        parse_base_url(text)
    except ValueError as error:
        wrong, _, allowed = str(error).partition("; ")
        raise Unfit(wrong, allowed) from error
    return text.rstrip("/")


def read_http_url(text: str) -> str:
    """Of a server that is asked by others' libraries; a query may be part of it. What is wrong is said without it."""
    if not _VISIBLE.fullmatch(text):
        raise Unfit("the URL has white space or a character outside ASCII in it")
    read_url(text.partition("?")[0])
    if not text.startswith(("http://", "https://")):
        raise Unfit("the URL begins with neither http:// nor https://")
    return text


def hide_query(url: str) -> str:
    """A URL as it may be shown: keys may stand behind the question mark, and passwords before the @."""
    shown, mark, _ = hide_passwords(url).partition("?")
    return shown + (f"{mark}****" if mark else "")


def read_collector(text: str) -> str:
    """Where its paths begin: people paste the whole address of its traces, too."""
    url = read_url(text).removesuffix("/v1/traces")
    if url.startswith("unix:"):
        raise Unfit("a collector is reached over TCP")
    return url


def read_state_url(text: str) -> str:
    """Only its form; whether anybody is there, the doctor finds out. Never repeated: it may have a password in it."""
    read_line(text)
    if text.startswith(SQLITE_PREFIX):
        if text.removeprefix(SQLITE_PREFIX) in {"", ":memory:"}:
            raise Unfit("the URL names no file")
    elif text.startswith("sqlite:"):
        raise Unfit("a SQLite URL has three slashes before its path, and four where that begins with one")
    elif not text.startswith(POSTGRES_PREFIXES):
        raise Unfit("the URL is neither that of a SQLite file nor of a Postgres database")
    elif not _VISIBLE.fullmatch(text):
        raise Unfit("the URL has white space or a character outside ASCII in it", "write such characters as %XX")
    return text


def hide_passwords(url: str) -> str:
    """A URL as it may be shown."""
    return _QUERY_PASSWORD.sub(r"\1****", _PASSWORD.sub(r"\1****@", url))


def _read_url(text: str, parse: Callable[[str], object]) -> str:
    """`parse` says what is wrong, and behind a semicolon what would be right."""
    try:
        parse(text)
    except ValueError as error:
        wrong, _, allowed = str(error).partition("; ")
        raise Unfit(wrong, allowed) from None
    return text


def read_counters(text: str) -> str:
    """memory, or a URL; in what is said of it is no password."""
    if text == IN_MEMORY:
        return text
    return _read_url(text, parse_redis_url)


def read_traces(text: str) -> str:
    """sqlite, none, or a URL; in what is said of it is no password."""
    if text in TRACES_HERE:
        return text
    if "://" not in text:
        raise Unfit("this is neither a word for a store nor a URL")
    return _read_url(text, parse_clickhouse_url)


def read_audit_to(text: str) -> str:
    """file, none, or the URL of a topic."""
    if text in AUDIT_WORDS:
        return text
    return _read_url(text, parse_topic_url)


# --- secrets, and headers, which may hold some ---


def read_secret(text: str) -> str:
    if not text:
        raise Unfit("the value is empty")
    if not _VISIBLE.fullmatch(text):
        raise Unfit("the value has white space, a line break or a character outside ASCII in it")
    return text


def digest_token(text: str) -> bytes:
    return hashlib.sha256(read_secret(text).encode()).digest()


def read_sha256(text: str) -> bytes:
    if len(text) != 64:
        raise Unfit(f"a SHA-256 has 64 hex digits, and this has {len(text)} characters")
    if not re.fullmatch(SHA256_FORM, text):
        raise Unfit("a SHA-256 has 64 hex digits, and this has other characters")
    return bytes.fromhex(text)


def read_pattern(text: str) -> str:
    try:
        own_pattern(text)
    except UnfitPattern as error:
        raise Unfit(f"as a pattern: {error}") from None
    return text


def read_header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise Unfit(f"{text!r} cannot be the name of a header")
    if text.lower() in _FRAMING:
        raise Unfit(f"{text} is the gateway's own to set")
    return text.lower()


def read_header_value(text: str) -> str:
    if not _HEADER_VALUE.fullmatch(text):
        raise Unfit("the value is empty, or has a line break or a character outside ASCII in it")
    return text
