"""What single values, lists and tables may look like, and what is said of those that do not."""

import hashlib

import pytest

from gossamer.config.shapes import file_shape
from gossamer.config.upstreams import CompatibleProvider, MockProvider, OpenAIProvider


def test_an_empty_file_is_all_defaults_and_the_mock(read):
    settings = read("")
    assert (settings.server.host, settings.server.port, settings.server.workers) == ("127.0.0.1", 8080, 1)
    assert settings.server.limits.body_bytes == 32 * 1024 * 1024
    assert settings.server.limits.drain_timeout_s == 30.0
    assert (settings.journal.segment_size_bytes, settings.journal.max_size_bytes) == (16 << 20, 1 << 30)
    assert settings.providers == {"mock": MockProvider()}
    assert settings.data_dir == ".gossamer"


def test_sections_that_hold_only_comments_are_empty(read):
    assert read("server:\n  # port: 1\nproviders:\nmodels:\nkeys:\n") == read("")


def test_every_kind_of_provider(read):
    settings = read(
        """
        providers:
          openai: {kind: openai, api_keys: [sk-1, sk-2], headers: {OpenAI-Organization: org-1}}
          local: {kind: openai-compatible, base_url: http://127.0.0.1:8000/v1/, timeouts: {idle: 5m}, verify_tls: no}
          mock: {kind: mock, mock: {ttft: 20ms, gap: 0, jitter: uniform:0.5}}
        """
    )
    openai, local, mock = (settings.providers[name] for name in ("openai", "local", "mock"))
    assert isinstance(openai, OpenAIProvider)
    assert (openai.base_url, openai.api_keys) == ("https://api.openai.com/v1", ("sk-1", "sk-2"))
    assert openai.headers == {"openai-organization": "org-1"}
    assert isinstance(local, CompatibleProvider)
    assert (local.base_url, local.api_keys) == ("http://127.0.0.1:8000/v1", ())
    assert (local.timeouts.idle_s, local.verify_tls) == (300.0, False)
    assert isinstance(mock, MockProvider)
    assert (mock.mock.ttft_s, mock.mock.gap_s, mock.mock.jitter) == (0.02, 0.0, "uniform:0.5")


def test_a_token_is_kept_as_its_digest_only(read):
    settings = read("keys: [{name: a, token: gsm_plain}, {name: b, sha256: %s, models: [m]}]" % ("ab" * 32))
    assert settings.keys[0].digest == hashlib.sha256(b"gsm_plain").digest()
    assert (settings.keys[1].digest, settings.keys[1].models) == (b"\xab" * 32, frozenset({"m"}))
    assert "gsm_plain" not in repr(settings)


def test_the_environment_in_values(read):
    settings = read(
        """
        server: {port: "${PORT}", uds: "${SOCKET:-}"}
        data_dir: ${HOME}/gossamer
        keys:
          - name: number
            token: ${NUMBER}
        """,
        {"PORT": "9000", "HOME": "/home/g", "NUMBER": "1234567890"},
    )
    assert (settings.server.port, settings.server.uds) == (9000, None)
    assert settings.data_dir == "/home/g/gossamer"
    assert settings.keys[0].digest == hashlib.sha256(b"1234567890").digest()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "server: {prot: 1}",
            ("1: server.prot: unknown key; did you mean port? keys here: host, limits, port, tls, uds, workers"),
        ),
        ("port: 1", "1: port: unknown key; it belongs under server"),
        (
            "kitchen: {}",
            f"1: kitchen: unknown key; keys here: {', '.join(sorted(file_shape().fields))}",
        ),
        ("server:\n  port: x", "2: server.port: 'x' is text; write a whole number from 0 to 65535"),
        (
            "server: {port: 65536}",
            "1: server.port: 65536 is too large; write a whole number from 0 to 65535",
        ),
        ("server: {workers: 0}", "1: server.workers: 0 is too small; write a whole number of at least 1"),
        ("server: {port: }", "1: server.port: the value is empty; write a whole number from 0 to 65535"),
        (
            "server: {tls: {certificate: c}}",
            "1: server.tls.key: missing; needed: PEM file with the private key of the certificate",
        ),
        (
            "server: 8080",
            "1: server: a single value stands where a mapping is needed; write `name: value` lines below it",
        ),
        (
            "server: [8080]",
            "1: server: a list stands where a mapping is needed; write `name: value` lines below it",
        ),
        (
            "log: {level: warn}",
            (
                "1: log.level: 'warn' is not one of the words (did you mean warning?); "
                "write one of: debug, error, info, warning"
            ),
        ),
        (
            "journal: {max_size: 1 potato}",
            (
                "1: journal.max_size: '1 potato' is no size; "
                "write a size of at least 1, such as 64KB or 32MiB; a plain number is bytes"
            ),
        ),
        (
            "providers: {a: {}}",
            "1: providers.a.kind: missing; write one of: openai, anthropic, azure-openai, openai-compatible, mock",
        ),
        (
            "providers: {a: {kind: openai_compatible}}",
            (
                "1: providers.a.kind: 'openai_compatible' is not one of the words "
                "(did you mean openai-compatible?); "
                "write one of: openai, anthropic, azure-openai, openai-compatible, mock"
            ),
        ),
        (
            "providers: {a: {kind: openai}}",
            "1: providers.a.api_keys: missing; needed: At least one; usually ${OPENAI_API_KEY}",
        ),
        (
            "providers: {a: {kind: openai, api_keys: []}}",
            ("1: providers.a.api_keys: the list is empty; write at least one entry, or leave the field out"),
        ),
        (
            "providers: {a: {kind: openai, api_keys: hidden}}",
            ("1: providers.a.api_keys: a single value stands where a list is needed; write [one, two] or - lines"),
        ),
        (
            "providers: {a: {kind: azure-openai, api_keys: [k]}}",
            "1: providers.a.base_url: missing; needed: https://NAME.openai.azure.com, without a path",
        ),
        (
            "providers: {a: {kind: azure-openai, base_url: https://a.example, api_keys: [k], api_version: newest}}",
            (
                "1: providers.a.api_version: 'newest' does not have the form; "
                "write a date as Azure lists them, such as 2024-10-21, or v1"
            ),
        ),
        (
            "providers: {a: {kind: openai-compatible, base_url: http://h, speaks: []}}",
            "1: providers.a.speaks: the list is empty; write at least one entry, or leave the field out",
        ),
        (
            "providers: {a: {kind: mock, api_keys: [x]}}",
            "1: providers.a.api_keys: unknown key; it belongs to kind: openai-compatible",
        ),
        (
            "providers: {a b: {kind: mock}}",
            (
                "1: providers.a b: 'a b' does not have the form; "
                "use letters, digits, dots, dashes and underscores, a letter or digit first"
            ),
        ),
        (
            "providers: {a: {kind: openai-compatible, base_url: http://h, headers: {A: x, a: y}}}",
            "1: providers.a.headers.a: given twice; keep one of the two",
        ),
        (
            "models: {a: {strategy: fallback}}",
            "1: models.a.targets: missing; needed: Who may answer: provider/model, or {target, weight, priority}",
        ),
        (
            "models: {a: [mock/mock]}",
            (
                "1: models.a: a list stands where one value or a mapping is needed; write provider/model, "
                "such as openai/gpt-4o-mini; or a mapping with targets, strategy, sticky, retries, deadline"
            ),
        ),
        (
            "models: {'${A}': mock/mock}",
            "1: models.${A}: a name is not looked up in the environment; write the name out",
        ),
        (
            "keys: [{name: a, token: x, models: []}]",
            "1: keys[0].models: the list is empty; write at least one entry, or leave the field out",
        ),
        (
            "keys: [{name: a, token: hidden hidden}]",
            (
                "1: keys[0].token: the value has white space, a line break or a character outside ASCII in it; "
                "write the token, best as ${NAME}, and nothing around it"
            ),
        ),
        (
            "keys:\n- name: a\n  token: ${TOKEN}",
            ("3: keys[0].token: ${TOKEN} is not set in the environment; set TOKEN, or give a default: ${TOKEN:-...}"),
        ),
    ],
)
def test_one_mistake_and_the_line_that_names_it(complaints, text, complaint):
    assert complaints(text) == [complaint]


def test_all_mistakes_are_named_line_by_line(complaints):
    lines = complaints(
        """\
        server:
          port: x
          port: 1
          wrokers: 2
        log: {level: loud}
        models: {m: nowhere/m}
        keys:
          - {name: a}
        """
    )
    assert [line.split("; ")[0] for line in lines] == [
        "2: server.port: 'x' is text",
        "3: server.port: given twice, first on line 2",
        "4: server.wrokers: unknown key",
        "5: log.level: 'loud' is not one of the words",
        "6: models.m: there is no provider nowhere",
        "8: keys[0]: has neither token nor sha256",
    ]


def test_a_mistake_in_an_anchor_is_named_where_it_is_written(complaints):
    lines = complaints(
        """\
        providers:
          a:
            kind: openai-compatible
            base_url: http://a
            timeouts: &t {idle: soon}
          b: {kind: openai-compatible, base_url: http://b, timeouts: {<<: *t, total: 1m}}
        """
    )
    assert [line.split("; ")[0] for line in lines] == [
        "5: providers.a.timeouts.idle: 'soon' is no duration",
        "5: providers.b.timeouts.idle: 'soon' is no duration",
    ]


def test_an_empty_variable_is_no_secret(complaints):
    (line,) = complaints("providers: {openai: {kind: openai, api_keys: ['${KEY}']}}", {"KEY": ""})
    assert line.startswith("1: providers.openai.api_keys[0]: the value is empty (from KEY); write the key")
