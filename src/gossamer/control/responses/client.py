"""What a client asks of what is kept for its house: OpenAI's paths below /v1/responses and /v1/conversations.

One function a path and method; a table says which. Whoever has not made it is told that there is none.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from gossamer.control.nouns import Actor
from gossamer.control.responses.pages import page_of
from gossamer.control.store.conversations import Conversation
from gossamer.control.store.database import now_utc
from gossamer.control.store.errors import Broken, Missing, Oversized
from gossamer.control.store.store import Store
from gossamer.core.errors import GatewayError, InvalidRequest, KeptNotFound, NotFound
from gossamer.dialects.errors import render_error
from gossamer.dialects.members import JsonObject
from gossamer.dialects.responses.kept import id_of, own_items
from gossamer.feed.responses import Client

ID_BYTES: Final = 24
"""As many random bits as an id of a response has."""
MOST_PAIRS: Final = 16
MOST_NAME: Final = 64
MOST_VALUE: Final = 512
"""Of metadata, as OpenAI has them."""
MOST_ADDED: Final = 20
"""Items that are added to a conversation at a time."""
_EMPTY: Final = b"{}"
_OK: Final = 200
_BY_CLIENT: Final = Actor("gateway")

_encode: Final = msgspec.json.Encoder().encode
_decode_metadata: Final = msgspec.json.Decoder(dict[str, str]).decode

Query = Mapping[str, str]
Answer = Callable[[Store, Client, tuple[str, ...], Query], Awaitable[bytes]]


async def answer_client(store: Store, asked: Client) -> tuple[int, bytes]:
    """Status and body. Raises StoreUnavailable."""
    try:
        return _OK, await _answer(store, asked)
    except GatewayError as error:
        return error.status, render_error(error)
    except Missing as error:
        return 404, render_error(KeptNotFound(f"{error.noun.capitalize()} with id '{error.thing_id}' not found."))
    except Broken as error:
        wanted = f"What went before it can no longer be told: '{error.missing_id}' was deleted."
        return 404, render_error(KeptNotFound(wanted))
    except Oversized as error:
        wanted = f"The conversation would have {error.items} items and {error.size_bytes} bytes. Begin a new one."
        return 400, render_error(InvalidRequest(wanted, param="items"))


async def _answer(store: Store, asked: Client) -> bytes:
    for method, pattern, answer in _ANSWERS:
        found = pattern.fullmatch(asked.path)
        if found is not None and method == asked.method:
            try:
                query = dict(parse_qsl(asked.query, keep_blank_values=True, max_num_fields=MOST_PAIRS))
            except ValueError:
                raise InvalidRequest("The query has too many members. Leave out what is not documented.") from None
            return await answer(store, asked, found.groups(), query)
    raise NotFound(f"There is no {asked.method} at this path. docs/reference/responses.md lists what there is.")


# --- responses ---


async def _get_response(store: Store, asked: Client, names: tuple[str, ...], query: Query) -> bytes:
    if query.get("stream") == "true":
        raise InvalidRequest(
            'A response that is kept here is told whole: leave out "stream". Only responses made in the background '
            "can be streamed again.",
            param="stream",
        )
    return (await store.response(asked.house, names[0])).body


async def _delete_response(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    await store.delete_response(_BY_CLIENT, asked.house, names[0])
    return _encode({"id": names[0], "object": "response", "deleted": True})


async def _cancel_response(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    await store.response(asked.house, names[0])
    raise InvalidRequest("Cannot cancel a synchronous response. Close its connection while it is made.")


async def _list_input(store: Store, asked: Client, names: tuple[str, ...], query: Query) -> bytes:
    return page_of(await store.input_items(asked.house, names[0]), query)


# --- conversations ---


async def _create_conversation(store: Store, asked: Client, _: tuple[str, ...], __: Query) -> bytes:
    said = JsonObject(asked.body or _EMPTY).members
    items = _items_in(said, asked) if bytes(said.get("items", b"null")) != b"null" else []
    made = Conversation(f"conv_{token_hex(ID_BYTES)}", _metadata_in(said), now_utc())
    await store.add_conversation(asked.house, asked.session, made, items)
    return _told(made)


async def _get_conversation(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    return _told(await store.conversation(asked.house, names[0]))


async def _edit_conversation(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    metadata = _metadata_in(JsonObject(asked.body or _EMPTY).members)
    return _told(await store.edit_conversation(asked.house, names[0], metadata))


async def _delete_conversation(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    await store.delete_conversation(_BY_CLIENT, asked.house, names[0])
    return _encode({"id": names[0], "object": "conversation.deleted", "deleted": True})


async def _list_items(store: Store, asked: Client, names: tuple[str, ...], query: Query) -> bytes:
    return page_of(await store.conversation_items(asked.house, names[0]), query)


async def _add_items(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    items = _items_in(JsonObject(asked.body or _EMPTY).members, asked)
    await store.add_conversation_items(
        asked.house, asked.session, names[0], items, asked.most_items, asked.most_thread_bytes
    )
    return page_of(items, {"order": "asc", "limit": "100"})


async def _get_item(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    for item in await store.conversation_items(asked.house, names[0]):
        if id_of(item) == names[1]:
            return item
    raise Missing("item", names[1])


async def _delete_item(store: Store, asked: Client, names: tuple[str, ...], _: Query) -> bytes:
    await store.delete_conversation_item(_BY_CLIENT, asked.house, *names)
    return _told(await store.conversation(asked.house, names[0]))


def _told(conversation: Conversation) -> bytes:
    return _encode(
        {
            "id": conversation.id,
            "object": "conversation",
            "created_at": int(conversation.created_at.timestamp()),
            "metadata": msgspec.Raw(conversation.metadata),
        }
    )


def _metadata_in(said: Mapping[str, msgspec.Raw]) -> bytes:
    raw = bytes(said.get("metadata", b"null"))
    if raw == b"null":
        return _EMPTY
    try:
        pairs = _decode_metadata(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pairs = {"": "x" * MOST_VALUE * MOST_PAIRS}
    if len(pairs) > MOST_PAIRS or any(len(n) > MOST_NAME or len(v) > MOST_VALUE for n, v in pairs.items()):
        wanted = f"at most {MOST_PAIRS} pairs of text, names of {MOST_NAME} and values of {MOST_VALUE} characters"
        raise InvalidRequest(f'"metadata" must be {wanted}.', param="metadata")
    return _encode(pairs)


def _items_in(said: Mapping[str, msgspec.Raw], asked: Client) -> list[bytes]:
    raw = bytes(said.get("items", b"null"))
    if not raw.startswith(b"[") or len(raw) > asked.most_bytes:
        raise InvalidRequest(f'"items" must be a list of items, of at most {asked.most_bytes} bytes.', param="items")
    items = own_items(raw, lambda: token_hex(ID_BYTES))
    if len(items) > MOST_ADDED:
        raise InvalidRequest(f'"items" has {len(items)} items. Send at most {MOST_ADDED} at a time.', param="items")
    return items


_RESPONSE: Final = r"/v1/responses/([^/]+)"
_CONVERSATION: Final = r"/v1/conversations/([^/]+)"
_ANSWERS: Final[tuple[tuple[str, "re.Pattern[str]", Answer], ...]] = tuple(
    (method, re.compile(pattern), answer)
    for method, pattern, answer in (
        ("GET", _RESPONSE, _get_response),
        ("DELETE", _RESPONSE, _delete_response),
        ("POST", _RESPONSE + "/cancel", _cancel_response),
        ("GET", _RESPONSE + "/input_items", _list_input),
        ("POST", "/v1/conversations", _create_conversation),
        ("GET", _CONVERSATION, _get_conversation),
        ("POST", _CONVERSATION, _edit_conversation),
        ("DELETE", _CONVERSATION, _delete_conversation),
        ("GET", _CONVERSATION + "/items", _list_items),
        ("POST", _CONVERSATION + "/items", _add_items),
        ("GET", _CONVERSATION + "/items/([^/]+)", _get_item),
        ("DELETE", _CONVERSATION + "/items/([^/]+)", _delete_item),
    )
)
