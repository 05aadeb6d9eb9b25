"""Agents as a worker knows them: kept, ended, and remembered where there is none."""

import asyncio

import pytest
from msgspec.structs import replace

from gossamer.core.directives import Variable
from gossamer.core.ports import AgentClaims
from gossamer.feed.messages import AgentGrant, Agents, DirectiveGrant
from gossamer.policy.template import prompt_of
from tests.unit.worker.identity.said import AgentBook

ID = "01900000-0000-7000-8000-000000000001"
OTHER = "01900000-0000-7000-8000-000000000002"
GRANT = AgentGrant(ID, "writer", user_id="ann", models=frozenset({"small"}), default_model="small")


async def known(book: AgentBook, revision: int = 1) -> AgentClaims:
    asking = book.ask(ID)
    book.answer(await book.question(), revision, a=GRANT)
    claims = await asking
    assert claims is not None
    return claims


async def test_an_agent_is_asked_for_once_and_then_known():
    book = AgentBook()
    claims = await known(book)
    assert (claims.agent_id, claims.user_id, claims.default_model) == (ID, "ann", "small")
    assert book.agents.agent_of(ID) is claims
    assert len(book.heard) == 1


@pytest.mark.parametrize("change", [{"agents": (ID,)}, {"users": ("ann",)}])
async def test_a_change_ends_it(change: dict[str, tuple[str]]):
    book = AgentBook()
    claims = await known(book)
    book.change(2, keys=("k1",), agents=(OTHER,), users=("bob",))
    assert claims.is_valid
    book.change(3, **change)
    assert not claims.is_valid


async def test_a_directive_is_filled_with_what_its_agent_knows_and_ends_with_its_change():
    book = AgentBook()
    asking = book.ask(ID)
    question = await book.question()
    given = replace(GRANT, directive_id="d1", metadata={"tone": "brief"})
    texts = {"d1": DirectiveGrant(3, "Be {tone}.", {"tone": Variable()})}
    book.agents.answered(Agents(question.id, 1, {ID: given}, texts))
    claims = await asking
    assert claims is not None
    assert claims.directive is not None
    assert claims.directive.number == 3
    assert prompt_of(claims.directive, {}).text == "Be brief."
    book.change(2, directives=("another",))
    assert claims.is_valid
    book.change(3, directives=("d1",))
    assert not claims.is_valid


async def test_that_there_is_none_is_remembered_until_something_changes():
    book = AgentBook()
    asking = book.ask(ID)
    book.answer(await book.question())
    assert await asking is None
    assert book.agents.agent_of(ID) is None
    book.change(2, agents=(ID,))
    assert (await known(book, 2)).agent_id == ID


async def test_an_answer_from_before_a_change_is_not_believed():
    book = AgentBook()
    asking = book.ask(ID)
    first = await book.question()
    book.change(6, agents=(ID,))
    book.answer(first, 5, a=GRANT)
    second = await book.question()
    assert second.id != first.id
    book.answer(second, 6)
    assert await asking is None


@pytest.mark.parametrize("text", ["", "a", ID + "0", "x" * 5000])
def test_what_can_be_no_id_is_never_asked_for(text: str):
    book = AgentBook()
    assert book.agents.agent_of(text) is None
    assert book.heard == []


async def test_all_of_one_turn_are_one_line():
    book = AgentBook()
    asking = [book.ask(ID), book.ask(OTHER), book.ask(ID)]
    question = await book.question()
    assert set(question.agent_ids) == {ID, OTHER}
    book.answer(question, a=GRANT)
    found = await asyncio.gather(*asking)
    assert [each is not None for each in found] == [True, False, True]
