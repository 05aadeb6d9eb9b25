"""On whose behalf a key may speak, and that nobody learns which agents there are."""

import pytest

from gossamer.core.errors import AgentForbidden
from gossamer.core.ports import AgentClaims, Claims
from gossamer.stages.authenticate import authenticate
from gossamer.stages.verify_agent import verify_agent
from tests.unit.stages.stub import AGENT_ID, OUR_TOKEN, Stub, later

BEARER = f"authorization: Bearer {OUR_TOKEN}"
NAMED = f"x-agent-id: {AGENT_ID}"
OTHER_ID = "01900000-0000-7000-8000-000000000002"


def agent(user_id: str | None = "ann", agent_id: str = AGENT_ID) -> AgentClaims:
    return AgentClaims(agent_id, "writer", user_id=user_id)


def key(*bound: str, user_id: str | None = "ann") -> Claims:
    return Claims("k1", "k1", user_id=user_id, agents=frozenset(bound))


def authenticated(*lines: str, claims: Claims, found: object = None) -> Stub:
    stub = Stub(BEARER, *lines, claims=claims, agent=found)
    authenticate(stub.exchange)
    stub.asked.clear()
    return stub


def test_without_agents_nothing_is_asked():
    stub = authenticated(claims=key())
    assert verify_agent(stub.exchange) is None
    assert (stub.agent, stub.asked) == (None, [])


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        (key(), agent()),
        (key(AGENT_ID), agent()),
        (key(AGENT_ID), agent(user_id=None)),
        (key(user_id=None), agent(user_id=None)),
    ],
    ids=["its user's", "bound", "bound to a house's own", "both the house's own"],
)
def test_an_agent_of_the_key_or_its_user_speaks(claims: Claims, found: AgentClaims):
    stub = authenticated(NAMED, claims=claims, found=found)
    assert verify_agent(stub.exchange) is None
    assert stub.agent is found


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        (key(), None),
        (key(), agent(user_id="bob")),
        (key(), agent(user_id=None)),
        (key(user_id=None), agent()),
        (key(OTHER_ID), agent()),
        (key(AGENT_ID), None),
    ],
    ids=["none", "somebody else's", "the house's own", "a user's", "not bound", "bound and gone"],
)
def test_all_others_get_one_answer(claims: Claims, found: AgentClaims | None):
    stub = authenticated(NAMED, claims=claims, found=found)
    with pytest.raises(AgentForbidden) as refused:
        verify_agent(stub.exchange)
    with pytest.raises(AgentForbidden) as refused_too:
        verify_agent(authenticated(NAMED, claims=key()).exchange)
    assert refused.value.message == refused_too.value.message
    assert stub.agent is None


def test_a_key_that_is_bound_to_one_agent_speaks_as_that():
    stub = authenticated(claims=key(AGENT_ID), found=agent())
    assert verify_agent(stub.exchange) is None
    assert stub.asked == [AGENT_ID]
    assert stub.agent is not None


def test_a_key_that_is_bound_to_several_must_name_one():
    with pytest.raises(AgentForbidden, match="Name one of them"):
        verify_agent(authenticated(claims=key(AGENT_ID, OTHER_ID)).exchange)


def test_it_is_believed_without_asking_for_as_long_as_it_is_valid():
    found = agent()
    stub = authenticated(NAMED, claims=key(), found=found)
    for _ in range(3):
        verify_agent(stub.exchange)
    assert stub.asked == [AGENT_ID]
    found.is_valid = False
    stub.found_agent = None
    with pytest.raises(AgentForbidden):
        verify_agent(stub.exchange)


def test_it_is_believed_with_the_same_claims_only():
    """The key was changed to belong to somebody else; the agent was not changed, so its claims are still valid."""
    first = key()
    stub = authenticated(NAMED, claims=first, found=agent())
    verify_agent(stub.exchange)
    first.is_valid = False
    stub.found_claims = key(user_id="bob")
    authenticate(stub.exchange)
    with pytest.raises(AgentForbidden):
        verify_agent(stub.exchange)


async def test_what_has_to_be_asked_for_is_waited_for():
    stub = authenticated(NAMED, claims=key(), found=later(agent()))
    waiting = verify_agent(stub.exchange)
    assert waiting is not None
    await waiting
    assert stub.agent is not None
