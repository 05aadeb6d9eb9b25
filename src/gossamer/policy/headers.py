"""Which headers travel on, in each direction. Everything does that is not named here."""

from collections.abc import Iterable

Field = tuple[bytes, bytes]

JSON_LINE = b"content-type: application/json\r\n"
"""The head of an answer of the gateway's own."""

_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
     b"trailer", b"transfer-encoding", b"upgrade", b"content-length"}
)  # fmt: skip
"""RFC 9110, 7.6.1: these speak of one connection. So does whatever a Connection header names."""

_KEPT_FROM_PROVIDER = frozenset(
    {b"host", b"expect", b"authorization", b"x-api-key", b"api-key", b"cookie", b"x-request-id",
     b"x-agent-id", b"x-session-id", b"idempotency-key", b"forwarded", b"x-real-ip", b"via"}
)  # fmt: skip
"""The caller's keys, and what speaks of the way inside the caller's own house. At a provider all callers are one: the
idempotency keys of two of them would meet there."""

_KEPT_FROM_CLIENT = frozenset(
    {b"server-timing", b"set-cookie", b"x-session-id", b"alt-svc", b"strict-transport-security"}
)
"""Said of the provider's own host, or said by the gateway itself."""

_RENAMED = {b"x-request-id": b"x-upstream-request-id"}
"""The gateway's own goes out under the old name; the provider's is what its support will ask for."""

_OF_A_DIALECT = (b"anthropic-", b"openai-", b"x-stainless-")
"""Versions, organizations and the words of each one's SDK: to anybody else they mean nothing, or something else."""

_OF_THE_BYTES = frozenset({b"content-type", b"content-encoding", b"content-digest", b"etag", b"last-modified"})

_RENAMED_OF_TRANSLATED = {b"request-id": b"x-request-id"}
"""Anthropic's word for it."""


def target_lines(label: str, attempts: int) -> str:
    """Who answered, and the how many-th attempt that was."""
    shown = label if label.isascii() and label.isprintable() else ascii(label)
    return f"x-gossamer-target: {shown}\r\nx-gossamer-attempts: {attempts}\r\n"


LIMIT_MARK = b"x-ratelimit-"
"""A provider's tell of the gateway's account there. On a request that the gateway limits, its own stand instead."""


def without_limits(fields: Iterable[Field]) -> list[Field]:
    return [field for field in fields if not field[0].startswith(LIMIT_MARK)]


def lines_to_provider(fields: Iterable[Field], *, is_read: bool) -> bytes:
    """The client's headers as they go up, rendered."""
    return b"".join(b"%b: %b\r\n" % field for field in fields_to_provider(fields, is_read=is_read))


def of_no_dialect(fields: Iterable[Field]) -> list[Field]:
    """What can be said to a provider of another dialect, or comes from one and can be said to the client."""
    return [field for field in fields if not field[0].startswith(_OF_A_DIALECT)]


def lines_of_translated(fields: Iterable[Field]) -> bytes:
    """The provider's headers as they go down with an answer whose bytes are not the provider's."""
    return lines_to_client(
        (_RENAMED_OF_TRANSLATED.get(name, name), value)
        for name, value in of_no_dialect(fields)
        if name not in _OF_THE_BYTES
    )


def fields_to_provider(fields: Iterable[Field], *, is_read: bool) -> list[Field]:
    """The client's headers as they go up. An answer that is to be read must not come compressed."""
    kept = _KEPT_FROM_PROVIDER | {b"accept-encoding"} if is_read else _KEPT_FROM_PROVIDER
    going = [
        (name, value)
        for name, value in end_to_end(fields)
        if name not in kept and not name.startswith((b"x-gossamer-", b"x-forwarded-"))
    ]
    if is_read:
        going.append((b"accept-encoding", b"identity"))
    return going


def lines_to_client(fields: Iterable[Field]) -> bytes:
    """The provider's headers as they go down."""
    return b"".join(
        b"%b: %b\r\n" % (_RENAMED.get(name, name), value)
        for name, value in end_to_end(fields)
        if name not in _KEPT_FROM_CLIENT and not name.startswith(b"x-gossamer-")
    )


_TOLD_BY_US = frozenset({b"expect", b"forwarded", b"x-real-ip"})
"""What a client may say and the control process must not believe, beside all x-forwarded-*."""


def lines_to_control(fields: Iterable[Field], address: str) -> bytes:
    """The client's headers as they go to the control process, which believes this address."""
    going = [
        field
        for field in end_to_end(fields)
        if field[0] not in _TOLD_BY_US and not field[0].startswith((b"x-forwarded-", b"x-gossamer-"))
    ]
    return b"".join(b"%b: %b\r\n" % field for field in (*going, (b"x-forwarded-for", address.encode("ascii"))))


def lines_from_control(fields: Iterable[Field]) -> bytes:
    """The control process's headers as they go down: it speaks for the same host, so all of them."""
    return b"".join(b"%b: %b\r\n" % field for field in end_to_end(fields))


def end_to_end(fields: Iterable[Field]) -> list[Field]:
    """Without what speaks of one connection."""
    known = list(fields)
    named = {option.strip().lower() for name, value in known if name == b"connection" for option in value.split(b",")}
    return [field for field in known if field[0] not in _HOP_BY_HOP and field[0] not in named]
