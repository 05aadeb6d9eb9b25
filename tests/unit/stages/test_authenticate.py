"""Whether the token is good: what is believed without asking, and what is refused."""

import pytest

from gossamer.core.errors import InvalidApiKey, ScopeForbidden
from gossamer.core.ports import Claims
from gossamer.stages.authenticate import authenticate
from tests.unit.stages.stub import OUR_TOKEN, Stub, later

BEARER = f"authorization: Bearer {OUR_TOKEN}"


def test_what_was_found_once_is_believed_without_asking_for_as_long_as_it_is_valid():
    claims = Claims("k1", "k1")
    stub = Stub(BEARER, claims=claims)
    for _ in range(3):
        assert authenticate(stub.exchange) is None
        assert stub.claims is claims
    assert len(stub.asked) == 1
    claims.is_valid = False
    with pytest.raises(InvalidApiKey):
        authenticate(stub.exchange)
    assert len(stub.asked) == 2


async def test_what_has_to_be_asked_for_is_waited_for():
    stub = Stub(BEARER, claims=later(Claims("k1", "k1")))
    waiting = authenticate(stub.exchange)
    assert waiting is not None
    await waiting
    assert stub.claims is not None


@pytest.mark.parametrize("claims", [None, Claims("k1", "k1", is_valid=False)])
def test_a_bad_key_is_refused(claims: Claims | None):
    with pytest.raises(InvalidApiKey):
        authenticate(Stub(BEARER, claims=claims).exchange)


def test_a_key_for_administration_alone_is_refused_each_time():
    stub = Stub(BEARER, claims=Claims("k1", "k1", may_infer=False))
    for _ in range(2):
        with pytest.raises(ScopeForbidden, match="scope `inference`"):
            authenticate(stub.exchange)
    assert stub.claims is None


@pytest.mark.parametrize(
    ("token", "has_our_form"),
    [
        (OUR_TOKEN, True),
        (f"gsm_{'a' * 16}_{'b' * 32}", True),
        (OUR_TOKEN[:-1], False),
        (OUR_TOKEN + "b", False),
        (OUR_TOKEN.upper(), False),
        (f"gsm_{'a' * 26}_{'1' * 32}", False),
        ("gsl_" + OUR_TOKEN[4:], False),
        ("sk-something", False),
    ],
)
def test_the_form_of_a_token_is_told(token: str, has_our_form: bool):
    stub = Stub(f"x-api-key: {token}", claims=Claims("k1", "k1"))
    authenticate(stub.exchange)
    assert stub.asked == [has_our_form]


async def test_the_record_will_say_how_a_key_was_found():
    known = Stub(BEARER, claims=Claims("k1", "k1"))
    authenticate(known.exchange)
    asked = Stub(BEARER, claims=later(Claims("k1", "k1")))
    waiting = authenticate(asked.exchange)
    assert waiting is not None
    await waiting
    bad, foreign = Stub(BEARER, claims=None), Stub("authorization: Bearer sk-something", claims=None)
    for stub in (bad, foreign):
        with pytest.raises(InvalidApiKey):
            authenticate(stub.exchange)
    assert [each.exchange.lookup for each in (known, asked, bad, foreign)] == [None, "asked", "bloom", None]
