"""What the imitators of chat completions cannot take: changed as little as can be, refused where it must be."""

import msgspec
import pytest

from gossamer.dialects.fates import MEMBERS, Fate
from gossamer.dialects.fit import fit_request
from gossamer.dialects.losses import Untranslatable
from gossamer.dialects.vendors import DEEPSEEK, GEMINI, GROQ, MISTRAL, OPENAI, OPENROUTER, VENDORS, VLLM, Vendor

PLAIN = b'{ "model":"m",\n "messages":[{"role":"user","content":"Hi"}], "temperature":0.50}'


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_a_request_that_fits_passes_to_the_byte(vendor: Vendor):
    assert fit_request(PLAIN, vendor).body is PLAIN


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_each_member_of_the_table_is_one_of_chat_completions(vendor: Vendor):
    assert {*vendor.refuses, *vendor.renames} <= set(MEMBERS["chat"])
    assert Fate.REFUSED not in vendor.refuses.values()


@pytest.mark.parametrize(
    ("vendor", "name", "fate"),
    [(vendor, name, fate) for vendor in VENDORS.values() for name, fate in vendor.refuses.items()],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_a_vendor_refuses_does_not_reach_it(vendor: Vendor, name: str, fate: Fate):
    body = b'{"model":"m","%b":7,"messages":[]}' % name.encode()
    if fate is Fate.LOST:
        with pytest.raises(Untranslatable, match=f'"{name}" cannot be sent to a provider of {vendor.name}'):
            fit_request(body, vendor)
    fitted = fit_request(body, vendor, is_lenient=True)
    assert fitted.body == b'{"model":"m","messages":[]}'
    is_told = fate is not Fate.CARRIED
    assert fitted.warnings == ((f'"{name}" was dropped: {vendor.name} refuses it.',) if is_told else ())
    assert fitted.dropped == ((name,) if is_told else ())


def test_what_asks_for_nothing_goes_without_a_word():
    fitted = fit_request(b'{"model":"m","logprobs":false,"store":null}', GROQ)
    assert (fitted.body, fitted.warnings) == (b'{"model":"m"}', ())


def test_members_are_renamed_and_keep_their_values():
    body = b'{"model":"m","max_completion_tokens":1e2,"seed":7,"messages":[]}'
    assert fit_request(body, MISTRAL).body == b'{"model":"m","messages":[],"max_tokens":1e2,"random_seed":7}'


def test_the_older_name_stands_if_both_are_there():
    body = b'{"model":"m","max_completion_tokens":5,"max_tokens":7}'
    assert msgspec.json.decode(fit_request(body, DEEPSEEK).body) == {"model": "m", "max_tokens": 7}


def test_only_the_messages_that_must_change_are_written_anew():
    body = b'{"model":"m","messages":[{"role":"developer","content":"\\u0048i"},{"role":"user","content":"x"}]}'
    expected = b'{"model":"m","messages":[{"role":"system","content":"\\u0048i"},{"role":"user","content":"x"}]}'
    assert fit_request(body, VLLM).body == expected
    assert fit_request(body, OPENROUTER).body is body


def test_a_mention_is_no_member():
    body = b'{"model":"m","messages":[{"role":"user","content":"say \\"developer\\" and \\"name\\""}]}'
    assert fit_request(body, GROQ).body is body


def test_a_message_loses_what_its_vendor_refuses():
    body = b'{"model":"m","messages":[{"role":"user","name":"ada","content":"x"}]}'
    assert fit_request(body, GROQ).body == b'{"model":"m","messages":[{"role":"user","content":"x"}]}'
    body = b'{"model":"m","messages":[{"role":"assistant","reasoning_content":"Hm.","content":"x"}]}'
    assert fit_request(body, OPENAI).body == b'{"model":"m","messages":[{"role":"assistant","content":"x"}]}'
    assert fit_request(body, DEEPSEEK).body is body


def test_a_schema_is_refused_where_there_is_none():
    body = b'{"model":"m","response_format":{"type":"json_schema","json_schema":{"name":"a"}}}'
    with pytest.raises(Untranslatable, match="deepseek takes no JSON schema"):
        fit_request(body, DEEPSEEK)
    assert fit_request(body, DEEPSEEK, is_lenient=True).body == b'{"model":"m"}'
    plain = b'{"model":"m","response_format":{"type":"json_object"}}'
    assert fit_request(plain, DEEPSEEK).body is plain


def test_large_bodies_are_changed_too():
    """From 16 KiB on a body is walked, not recognised."""
    long = "x" * 20_000
    body = msgspec.json.encode({"model": "m", "seed": 7, "messages": [{"role": "user", "content": long}]})
    decoded = msgspec.json.decode(fit_request(body, GEMINI).body)
    assert decoded == {"model": "m", "messages": [{"role": "user", "content": long}]}
