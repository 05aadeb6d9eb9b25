"""Mistakes that only show when two places are looked at."""

import pytest

HASH = "ab" * 32
DIGEST_OF_T = "e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402bf6273dd8"
"""What `printf %s t | sha256sum` prints."""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "models: {fast: opnai/gpt-4o}\nproviders: {openai: {kind: openai, api_keys: [k]}}",
            "1: models.fast: there is no provider opnai; did you mean openai? providers: mock, openai",
        ),
        ("models: {fast: x/y}", "1: models.fast: there is no provider x; providers: mock"),
        (
            "default_provider: lcoal\nproviders: {local: {kind: openai-compatible, base_url: http://h}}",
            "1: default_provider: there is no provider lcoal; did you mean local? providers: local, mock",
        ),
        (
            "models: {fast: mock/mock}\ncache:\n  models:\n    fats: {ttl: 1m}",
            "4: cache.models.fats: there is no model fats; did you mean fast? models: fast; or write provider/model",
        ),
        (
            "cache: {models: {mokc/small: {ttl: 1m}}}",
            "1: cache.models.mokc/small: there is no model mokc/small; models: none; or write provider/model",
        ),
        (
            "cache: {agents: {my-agent: {ttl: 1m}}}",
            "1: cache.agents.my-agent: my-agent is no id of an agent; `gossamer agent list` shows the ids",
        ),
        (
            f"keys: [{{name: team, sha256: {HASH}}}]\ncache: {{keys: {{taem: {{ttl: 1m}}}}}}",
            (
                "2: cache.keys.taem: there is no key taem; did you mean team? keys of this file: team; "
                "of others, `gossamer key list` shows the ids"
            ),
        ),
        (
            "audit: {to: kafka://h/t, username: u}",
            "1: audit: password is missing; SASL takes a username, and a password or password_file",
        ),
        (
            "audit: {to: kafka://h/t, password: p}",
            "1: audit: username is missing; SASL takes a username, and a password or password_file",
        ),
        (
            "audit: {to: kafka://h/t, username: u, password: p, password_file: /p}",
            "1: audit.password_file: there is a password as well; keep one of the two",
        ),
        (
            "audit: {to: kafka://h/t, certificate: /c}",
            (
                "1: audit: a certificate without its key, or a key without its own; "
                "one PEM file is not enough: give certificate and certificate_key"
            ),
        ),
        (
            "sessions: {idle: 2h, expire: 1h}",
            "1: sessions.expire: it is less than `idle`; name a duration as long, or longer",
        ),
        (
            "journal: {max_size: 20MiB}",
            (
                "1: journal.max_size: 20MiB holds fewer than three segments of 16MiB for each worker; "
                "one is written, one made ready, one read: raise max_size or lower segment_size"
            ),
        ),
        (
            "journal:\n  segment_size: 1GiB",
            (
                "2: journal.max_size: 1GiB holds fewer than three segments of 1GiB for each worker; "
                "one is written, one made ready, one read: raise max_size or lower segment_size"
            ),
        ),
        (
            "providers: {a: {kind: openai-compatible, base_url: http://h, api_keys: [k], headers: {Authorization: x}}}",
            (
                "1: providers.a.headers: the authorization header is set here, and by api_keys as well; "
                "keep one of the two"
            ),
        ),
        (
            "providers: {a: {kind: anthropic, api_keys: [k], headers: {X-Api-Key: x}}}",
            "1: providers.a.headers: the x-api-key header is set here, and by api_keys as well; keep one of the two",
        ),
        (
            "providers: {a: {kind: openai-compatible}}",
            (
                "1: providers.a.base_url: missing; needed: where the provider's paths begin, /v1 included; "
                "or name a vendor that has one"
            ),
        ),
        ("keys: [{name: a}]", "1: keys[0]: has neither token nor sha256; give one of the two"),
        (
            f"keys: [{{name: a, token: t, sha256: {HASH}}}]",
            "1: keys[0]: has both token and sha256; give one of the two",
        ),
        (
            "keys:\n- {name: a, token: t}\n- {name: a, token: u}",
            ("3: keys[1].name: the name 'a' is taken, see keys[0].name at gossamer.yaml:2; each key has its own"),
        ),
        (
            "keys:\n- {name: a, token: t}\n- {name: b, token: t}",
            (
                "3: keys[1].token: the token is that of another key, see keys[0].token at gossamer.yaml:2; "
                "each key has its own"
            ),
        ),
    ],
)
def test_values_that_do_not_agree(complaints, text, complaint):
    assert complaints(text) == [complaint]


@pytest.mark.parametrize("key", ["name: a, tokn: t", "name: a, token: ''", "nam: a, token: t"])
def test_a_key_that_cannot_be_read_is_complained_of_once(complaints, key):
    lines = complaints(f"keys: [{{{key}}}]")
    assert not [line for line in lines if "neither" in line]


def test_both_secrets_of_one_key_are_no_clash_of_two(complaints):
    lines = complaints(f"keys: [{{name: a, token: t, sha256: {DIGEST_OF_T}}}]")
    assert lines == ["1: keys[0]: has both token and sha256; give one of the two"]


def test_a_token_and_a_digest_of_it_are_the_same_key(complaints):
    (line,) = complaints(f"keys: [{{name: a, token: t}}, {{name: b, sha256: {DIGEST_OF_T}}}]")
    assert "keys[1].sha256: the token is that of another key" in line


def test_a_provider_that_cannot_be_read_is_no_reason_to_miss_it(complaints):
    lines = complaints("providers: {a: {kind: openai}}\nmodels: {m: a/m}\ndefault_provider: a")
    assert [line.split(";")[0] for line in lines] == ["1: providers.a.api_keys: missing"]


def test_the_mock_is_there_without_being_named(read):
    settings = read("models: {m: mock/mock}\ndefault_provider: mock")
    assert settings.default_provider == "mock"


def test_the_name_mock_can_be_given_to_another_provider(read):
    settings = read("providers: {mock: {kind: openai-compatible, base_url: http://h}}")
    assert [type(provider).__name__ for provider in settings.providers.values()] == ["CompatibleProvider"]


def test_headers_may_authorize_where_no_key_does(read):
    settings = read("providers: {a: {kind: openai-compatible, base_url: http://h, headers: {Authorization: Basic eA}}}")
    assert settings.providers["a"].headers == {"authorization": "Basic eA"}
