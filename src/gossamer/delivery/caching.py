"""The cache as the stage knows it (an AnswerCache): what a request meets there, and what becomes of its answer.

    its path has no answers that could be kept      nothing: the answer says nothing of a cache
    `no-store`, or the settings keep no such answer bypass
    known in memory, in its own form or the other   hit-l1
    under way for somebody else                     hit-l1, as soon as it comes
    known in Redis                                  hit-l2
    else, and with `no-cache`                       miss: asked, and kept if it is whole and good

A key is made of the target that the route decided on. An answer that another target gave, since that one failed, is
kept under its own name: whoever asks later is given it only where that one would be asked.
"""

from functools import partial
from typing import Final

import msgspec

from gossamer.cache.entry import Entry, Owner
from gossamer.cache.memory import Memory
from gossamer.cache.over_redis import RedisCache
from gossamer.cache.purges import Purges
from gossamer.cache.question import Question, Said, read_question, said_by
from gossamer.cache.rules import CacheRules
from gossamer.config.cache import CacheSettings
from gossamer.core.clock import now_ns, wall_time
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.core.ports import LookAgain, Reply, Target
from gossamer.core.reading import Reading
from gossamer.core.record import CacheUse
from gossamer.delivery.flight import Flight
from gossamer.delivery.party import MISS_LINE, Party
from gossamer.delivery.passenger import Passenger
from gossamer.delivery.replay import recall, retold
from gossamer.dialects.wholeness import is_whole_answer, is_whole_stream

_S: Final = 1e-9
"""Of a nanosecond."""
_BYPASS: Final = "x-gossamer-cache: bypass\r\n"
_BYPASSED: Final = CacheUse("bypass")
_MOST_ASKED_AGAIN: Final = 1000
_LARGEST_ASKED_AGAIN: Final = 4096
"""Bytes of a body; all of them are then 4 MiB at most."""
_MOST_TOLD: Final = 256
"""Targets that are remembered with a line. They are few, but for those that requests name themselves."""


class Caching:
    """One for the settings in force; `memory` and `flights` live longer."""

    def __init__(
        self,
        settings: CacheSettings,
        memory: Memory,
        flights: dict[bytes, Flight],
        purges: Purges,
        look_again: LookAgain,
        remote: RedisCache | None = None,
    ) -> None:
        self.look_again = look_again
        self._remote = remote
        self._purges = purges
        self.shares_failures = settings.failures == "share"
        self._rules = CacheRules(settings)
        self._memory = memory
        self._flights = flights
        self._told: dict[str, dict[Target, Target]] = {_BYPASS: {}, MISS_LINE: {}}
        self._asked_again: dict[tuple[bytes, bytes], Question] = {}
        """By all of a key but the body, and the body, to the letter: what was a hit is mostly asked again, and need not
        be read for that. Only where no rule says otherwise of some requests."""
        self.readings: dict[bytes, Reading] = {}
        """The same for the stage that reads bodies."""
        self._vary = frozenset(name.lower().encode() for name in settings.vary)

    def admit(self, exchange: Exchange) -> Later | Reply | None:
        said = exchange.caller.caching
        if not isinstance(said, Said) or said.vary is not self._vary:
            said = said_by(exchange, self._vary)
        if not said.is_question or exchange.is_upload:
            return None
        terms = self._rules.common or self._rules.terms_of(exchange)
        wish = said.wish
        target = exchange.target
        assert target is not None
        question: Question | None = None
        prefix, is_new = b"", False
        if terms.is_kept and not target.is_agent and wish != "no-store":
            prefix = said.prefix_of(exchange, terms, target.label)
            question = self._asked_again.get((prefix, exchange.body))
            if question is None:
                is_new = True
                question = read_question(exchange, terms, said, target.label)
        if question is None:
            exchange.cached = _BYPASSED
            exchange.cache_line = _BYPASS
            exchange.target = self.told(target, _BYPASS)
            return None
        if wish != "no-cache":
            known = self._known(exchange, question)
            if known is not None:
                if is_new and self._rules.common is not None:
                    self._remember(prefix, exchange, question)
                return known
        self._flights[question.key] = flight = Flight(self, question, terms, exchange)
        if self._remote is not None and wish != "no-cache" and self._remote.is_up(question):
            passenger = Passenger(exchange, question, flight)
            flight.look = self._remote.look(question, self.owner_of(exchange), partial(self._heard, flight))
            return passenger
        flight.take_off()
        return None

    def told(self, target: Target, line: str) -> Target:
        """The target whose answers also say this."""
        told = self._told[line]
        known = told.get(target)
        if known is None:
            if len(told) >= _MOST_TOLD:
                told.clear()
            known = told[target] = msgspec.structs.replace(target, headers=target.headers + line)
        return known

    def forget_questions(self) -> None:
        """Whatever was read: what was asked in a session that is deleted is among it."""
        self._asked_again.clear()
        self.readings.clear()

    # --- for a flight ---

    def landed(self, flight: Party) -> None:
        """Nobody can board it any more."""
        if self._flights.get(flight.question.key) is flight:
            del self._flights[flight.question.key]

    def keep(self, flight: Flight, entry: Entry) -> None:
        """If it is good: what was cut short, filtered or compressed is given once."""
        is_whole = is_whole_stream if entry.is_stream else is_whole_answer
        if len(entry.body) > flight.terms.max_bytes or b"content-encoding" in entry.lines.lower():
            return
        if not is_whole(entry.body, entry.dialect) or self._purges.forbids(entry):
            return
        exchange = flight.exchange
        question: Question | None = flight.question
        if exchange.attempts:
            question = self._question_answered(flight, exchange, entry)
        if question is None:
            return
        memory, now = self._memory, exchange.stamps[-1] * _S
        key, other_key = question.key + b"s", question.key + b"w"
        if not entry.is_stream:
            key, other_key = other_key, key
        for form in (key, other_key):
            known = memory.look(form, now) if form in memory.region_of else None
            if known is not None and known[0].made_at > entry.made_at:
                return  # somebody asked for a new one meanwhile
        memory.drop(other_key)  # told of an older answer
        memory.put(key, entry, now + flight.terms.l1_ttl_s)
        if self._remote is None:
            return
        if question is flight.question:
            lease, flight.lease = flight.lease, None
            self._remote.keep(question, entry, flight.terms.l2_ttl_s, lease)
        else:
            self._remote.keep(question, entry, flight.terms.l2_ttl_s, None)  # the lease is of what was asked first

    def over(self, flight: Party) -> None:
        """Whoever else waits for the lease may ask."""
        if flight.look is not None:
            flight.look.cancel()
        if flight.lease is not None and self._remote is not None:
            self._remote.release(flight.lease)
            flight.lease = None

    def ask_alone(self, passenger: Passenger) -> None:
        """A call of its own, which nobody shares."""
        exchange = passenger.exchange
        flight = Flight(self, passenger.question, self._rules.terms_of(exchange), exchange)
        flight.lead(passenger)
        passenger.end()

    @staticmethod
    def owner_of(exchange: Exchange) -> Owner:
        claims, agent = exchange.claims, exchange.agent
        assert claims is not None
        return (
            claims.key_id,
            agent.agent_id if agent is not None else "",
            claims.user_id or "",
            exchange.model or "",
        )

    # --- inside ---

    def _remember(self, prefix: bytes, exchange: Exchange, question: Question) -> None:
        body = exchange.body
        if len(body) > _LARGEST_ASKED_AGAIN:
            return
        known, readings = self._asked_again, self.readings
        if len(known) >= _MOST_ASKED_AGAIN:
            known.clear()
            readings.clear()
        known[prefix, body] = question
        if body is exchange.request.body and exchange.agent is None and exchange.caller.endpoint.is_simple:
            readings[body] = Reading(body, exchange.model, exchange.is_stream, exchange.hides_usage, exchange.compact)

    def _heard(self, flight: Flight, entry: Entry | None, lease: bytes | None) -> None:
        """From Redis: the answer; or nothing, and perhaps the lease to ask for it."""
        flight.lease = lease
        if entry is not None:
            left_s = entry.made_at + flight.terms.l2_ttl_s - wall_time()
            key = flight.question.key + (b"s" if entry.is_stream else b"w")
            self._memory.put(key, entry, now_ns() * _S + min(flight.terms.l1_ttl_s, max(0.0, left_s)))
            flight.recalled(entry)
        elif not flight.lead_next():
            self.landed(flight)
            self.over(flight)

    def _known(self, exchange: Exchange, question: Question) -> Later | Reply | None:
        memory, own_key = self._memory, question.own_key
        count = memory.count  # a function that is an attribute is found sooner than a method
        count(own_key)
        now = exchange.stamps[-1] * _S
        if own_key in memory.region_of:
            held = memory.look(own_key, now)
            if held is not None and (held[0].made_at > self._purges.latest or self._may_have(exchange, held[0])):
                return recall(exchange, held[0], "l1")
        other_key = question.other_key
        if other_key is not None and other_key in memory.region_of:
            entry = self._known_otherwise(exchange, other_key, own_key, now)
            if entry is not None and self._may_have(exchange, entry):
                return recall(exchange, entry, "l1")
        flight = self._flights.get(question.key)
        if flight is None or self._purges.forbids(flight.card) or not self._may_have(exchange, flight.card):
            return None
        return Passenger(exchange, question, flight)

    def _may_have(self, exchange: Exchange, entry: Entry) -> bool:
        """What is there for others may be purged for this one: whoever had it filled was not meant."""
        return not self._purges.forbids_to(self.owner_of(exchange), entry)

    def _known_otherwise(self, exchange: Exchange, other_key: bytes, own_key: bytes, now: float) -> Entry | None:
        """In the other form: told in this one, and kept so for as long as it was to be."""
        found = self._memory.look(other_key, now)
        if found is None:
            return None
        entry = retold(found[0], exchange.body)
        if entry is not None:
            self._memory.put(own_key, entry, found[1])
        return entry

    def _question_answered(self, flight: Flight, exchange: Exchange, entry: Entry) -> Question | None:
        """Another target may have answered than the one that was decided on."""
        return read_question(exchange, flight.terms, said_by(exchange, self._vary), entry.target)
