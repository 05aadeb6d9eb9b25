"""Responses that go on from each other, kept by the gateway (a ResponseKeeper): so they work over any provider.

    nothing is said, or `store: true`      kept; the provider is told `store: false`
    `previous_response_id`                 all up to that response is written before the input
    `conversation`                         all that is in it, likewise; the turn is added to it
    `store: false`, and none of these      the request as it is

What went before comes from memory, or else from the control process.
"""

from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex
from typing import Final, NamedTuple, Protocol

import msgspec

from gossamer.config.responses import ResponsesSettings
from gossamer.core.clock import now_ns, wall_time
from gossamer.core.errors import InvalidRequest, KeptNotFound, PreviousResponseNotFound, RateLimitExceeded, Unavailable
from gossamer.core.exchange import Exchange
from gossamer.core.house import house_of
from gossamer.core.logs import get_log
from gossamer.core.ports import Reply
from gossamer.delivery.keeping import Keep as KeepAnswer
from gossamer.delivery.keeping import KeptRequest
from gossamer.delivery.recollection import Memory, Recollection
from gossamer.delivery.session import session_name_of
from gossamer.dialects.members import JsonObject
from gossamer.dialects.responses.kept import Wish, as_input, joined, own_items, read_wish, with_seals, written_out
from gossamer.dialects.responses.marks import Marks, Members
from gossamer.feed.responses import Client, Gone, Keep, Kept, Noun, Recall, Recalled, TooLong
from gossamer.policy.places import Places

ID_BYTES: Final = 24
"""192 random bits: nobody guesses one, and whose it is is asked all the same."""
MOST_OF_HOUSE: Final = 16
"""Questions for what is kept that are under way for one house: they wait for a database, others beside them."""
_AT_LEAST: Final = 1
"""Items that a turn counts for: one that neither asks nor is told anything must not go on for ever."""
_STATE: Final = ("previous_response_id", "conversation")
_FALSE: Final = b"false"
_S: Final = 1e-9
"""Of a nanosecond."""

_log = get_log(__name__)
_split: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Archive(Protocol):
    """Where they are kept. All of it raises Unavailable where nobody can be asked."""

    async def recall(self, asked: Recall) -> Recalled | Gone | TooLong: ...

    async def keep(self, asked: Keep) -> Kept: ...

    async def serve(self, asked: Client) -> Reply: ...


class Before(NamedTuple):
    """What went before a turn."""

    items: bytes = b""
    length: int = 0


class Turn(NamedTuple):
    """One that is under way, as far as it is known before its answer."""

    name: str
    house: str
    session: str
    asked_at: float
    wish: Wish
    before: Before
    own: list[bytes]
    generation: int


class Remembering:
    """One for the settings in force; what is remembered lives longer. `note_unkept` hears of each that is not kept."""

    def __init__(
        self,
        settings: ResponsesSettings,
        archive: Archive,
        recollection: Recollection,
        note_unkept: Callable[[], None] = lambda: None,
    ) -> None:
        self._note_unkept = note_unkept
        self._settings = settings
        self._archive = archive
        self._recollection = recollection
        self._places = Places(MOST_OF_HOUSE)

    def recall(self, exchange: Exchange, members: Mapping[str, msgspec.Raw]) -> Awaitable[None] | None:
        wish = read_wish(members)
        if not wish.is_kept and wish.previous is None and wish.conversation is None:
            return None
        if bytes(members.get("background", _FALSE)) not in (_FALSE, b"null"):
            raise InvalidRequest(
                '"background" is not done where the gateway keeps responses. Leave it out, or send "stream": true.',
                param="background",
            )
        if wish.previous is None and wish.conversation is None:
            self._begin(exchange, members, wish, Before())
            return None
        if wish.previous is not None:
            since = wall_time() - self._settings.ttl_s
            known = self._recollection.get(wish.previous, _house_of(exchange), since)
            if known is not None:
                self._begin(exchange, members, wish, Before(known.items, known.length))
                return None
        return self._ask(exchange, members, wish)

    async def serve(self, exchange: Exchange) -> Reply:
        house = _house_of(exchange)
        path, _, query = exchange.request.head.target.partition(b"?")
        asked = Client(
            house, session_name_of(exchange), exchange.caller.method, path.decode("latin-1"), query.decode("latin-1"),
            exchange.body, self._settings.max_items, self._settings.max_bytes, exchange.services.body_limit_bytes,
        )  # fmt: skip
        if not self._places.take(house):
            raise _too_many()
        try:
            return await self._archive.serve(asked)
        finally:
            self._places.give_back(house)

    # --- what went before ---

    async def _ask(self, exchange: Exchange, members: Mapping[str, msgspec.Raw], wish: Wish) -> None:
        settings, house = self._settings, _house_of(exchange)
        generation = self._recollection.generation
        name = wish.previous or wish.conversation or ""
        most_bytes = exchange.services.body_limit_bytes
        noun: Noun = "response" if wish.previous is not None else "conversation"
        if not self._places.take(house):
            raise _too_many()
        try:
            found = await self._archive.recall(Recall(house, noun, name, settings.max_items, most_bytes))
        finally:
            self._places.give_back(house)
        if isinstance(found, Gone):
            raise _not_found(wish, is_broken=found.is_broken)
        if isinstance(found, TooLong):
            raise _too_long(f"has {found.items} items and {found.size_bytes} bytes", settings.max_items, most_bytes)
        if wish.previous is not None:
            memory = Memory(house, found.items, found.count, found.at)
            self._recollection.put(wish.previous, memory, generation)
        self._begin(exchange, members, wish, Before(found.items, found.count))

    def _begin(self, exchange: Exchange, members: Mapping[str, msgspec.Raw], wish: Wish, before: Before) -> None:
        """The body that goes up, and the request that hears of the answer."""
        own = bytes(members.get("input", b""))
        if wish.previous is not None and before.length >= self._settings.max_items:
            most = exchange.services.body_limit_bytes
            raise _too_long(f"has {before.length} items", self._settings.max_items, most)
        body = _written(exchange.body, members, wish, before.items, own)
        if len(body) > exchange.services.body_limit_bytes:
            wanted = f"would have {len(body)} bytes"
            raise _too_long(wanted, self._settings.max_items, exchange.services.body_limit_bytes)
        items = self._own(own) if wish.is_kept else []
        exchange.body = body
        said = members.get("instructions", msgspec.Raw(b"null")) if exchange.directed is not None else None
        name = f"resp_{token_hex(ID_BYTES)}" if wish.is_kept else None
        keep = None
        if name is not None:
            turn = Turn(
                name, _house_of(exchange), session_name_of(exchange), _asked_at(exchange), wish, before, items,
                self._recollection.generation,
            )  # fmt: skip
            keep = self._keeper(turn, exchange.id)
        KeptRequest(exchange, Marks(name, wish.previous, wish.conversation, said), keep)

    def _own(self, own: bytes) -> list[bytes]:
        if len(own) > self._settings.max_bytes:
            raise InvalidRequest(
                f'"input" has {len(own)} bytes, and at most {self._settings.max_bytes} are kept (responses.max_size). '
                'Send less, or "store": false.',
                param="input",
            )
        return own_items(own, lambda: token_hex(ID_BYTES))

    # --- the answer ---

    def _keeper(self, turn: Turn, exchange_id: str) -> KeepAnswer:
        """By its id alone: the exchange holds the request that holds this, and a circle waits for the collector."""

        async def keep(response: Members, told: bytes) -> bool:
            try:
                why_not = await self._keep(turn, response, told)
            except Unavailable as error:
                why_not = error.message
            except Exception as error:  # noqa: BLE001 - a defect of ours must not keep the answer from its client
                _log.defect("a response met a defect when it was to be kept", error, id=exchange_id)
                why_not = "a defect, which is logged"
            if why_not:
                _log.warning("a response was not kept", id=exchange_id, reason=why_not)
                self._note_unkept()
            return not why_not

        return keep

    async def _keep(self, turn: Turn, response: Members, told: bytes) -> str:
        """Why not; nothing where it is."""
        output = bytes(response["output"])
        if len(output) > self._settings.max_bytes:
            return f"the output has {len(output)} bytes, and at most {self._settings.max_bytes} are kept"
        wish, before = turn.wish, turn.before
        added = max(_AT_LEAST, len(turn.own) + len(_split(output)))
        input_ = joined(turn.own)
        start = before.length if wish.conversation is not None else 0
        kept = await self._archive.keep(
            Keep(
                turn.name, turn.house, turn.session, turn.asked_at, input_, output, told, added,
                wish.previous, wish.conversation, start,
            )
        )  # fmt: skip
        if kept.why_not:
            return kept.why_not
        items = b",".join(filter(None, (before.items, input_[1:-1], output.strip()[1:-1].strip())))
        if wish.conversation is None:
            memory = Memory(turn.house, items, before.length + added, wall_time())
            self._recollection.put(turn.name, memory, turn.generation)
        return ""


class Forgetting:
    """Nothing is kept by anybody (a ResponseKeeper)."""

    def recall(self, exchange: Exchange, members: Mapping[str, msgspec.Raw]) -> None:
        wish = read_wish(members)
        for name, wanted in (("previous_response_id", wish.previous), ("conversation", wish.conversation)):
            if wanted is not None:
                raise InvalidRequest(
                    f'"{name}" leads nowhere: this gateway keeps no responses (responses.state). '
                    "Send the whole conversation.",
                    param=name,
                )
        if wish.is_kept:
            exchange.body = JsonObject(exchange.body).edited({"store": _FALSE}, _STATE)
            KeptRequest(exchange, Marks(), None)

    async def serve(self, exchange: Exchange) -> Reply:
        raise KeptNotFound(f"There is nothing at {exchange.caller.path[:100]}: this gateway keeps no responses.")


def _written(body: bytes, members: Mapping[str, msgspec.Raw], wish: Wish, items: bytes, own: bytes) -> bytes:
    changes = {"store": _FALSE}
    before = b""
    if wish.previous is not None or wish.conversation is not None:
        before = as_input(items)
        changes["input"] = written_out(before, own)
    seals = with_seals(members, before) if wish.is_kept or before else None
    if seals is not None:
        changes["include"] = seals
    return JsonObject(body).edited(changes, _STATE)


def _house_of(exchange: Exchange) -> str:
    claims = exchange.claims
    assert claims is not None, "authenticate comes first"
    return house_of(claims.user_id, claims.key_id)


def _asked_at(exchange: Exchange) -> float:
    """When it came, by the clock on the wall."""
    return wall_time() - (now_ns() - exchange.stamps[0]) * _S


def _not_found(wish: Wish, *, is_broken: bool) -> InvalidRequest | KeptNotFound:
    if wish.previous is None:
        return KeptNotFound(f"Conversation with id '{wish.conversation}' not found.", param="conversation")
    why = ": one that went before it was deleted. Begin anew" if is_broken else ""
    return PreviousResponseNotFound(
        f"Previous response with id '{wish.previous}' not found{why}.", param="previous_response_id"
    )


def _too_long(what: str, most_items: int, most_bytes: int) -> InvalidRequest:
    return InvalidRequest(
        f"The conversation {what}; at most {most_items} items (responses.max_items) and {most_bytes} bytes "
        "(server.limits.body_bytes) can be gone on from. Begin a new one, with a summary of this one.",
        param="previous_response_id",
    )


def _too_many() -> RateLimitExceeded:
    return RateLimitExceeded(
        f"More than {MOST_OF_HOUSE} questions for kept responses are under way for you. Wait until some have ended.",
        retry_after_s=1,
    )
