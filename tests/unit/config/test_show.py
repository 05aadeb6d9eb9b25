import pytest
import yaml

from gossamer.config.show import show_settings

FILE = """
server: {port: 9000, limits: {body_bytes: 64KB, idle_timeout: 90}}
providers:
  openai:
    kind: openai
    api_keys: [sk-proj-0123456789]
    headers: {OpenAI-Organization: org-1, X-Api-Key: abcdefghijklmnop}
  local: {kind: openai-compatible, base_url: http://h/v1}
models: {fast: openai/gpt}
state: postgresql://u:planted-password@h/d
audit: {to: "kafka://h/t", username: u, password: planted-password-5678}
keys: [{name: a, token: gsm_0123456789, models: [fast]}]
"""


def test_what_is_in_force_in_the_words_of_the_file(read):
    shown = yaml.safe_load(show_settings(read(FILE)))
    assert shown["server"]["limits"]["body_bytes"] == "64KB"
    assert shown["server"]["limits"]["idle_timeout"] == "90s"
    assert shown["providers"]["local"]["kind"] == "openai-compatible"
    assert shown["providers"]["mock"]["mock"]["gap"] == "10ms"
    assert shown["models"] == {"fast": "openai/gpt"}


def test_secrets_show_four_characters_at_most(read):
    text = show_settings(read(FILE))
    shown = yaml.safe_load(text)
    assert shown["providers"]["openai"]["api_keys"] == ["****6789"]
    assert shown["providers"]["openai"]["headers"] == {"openai-organization": "org-1", "x-api-key": "****mnop"}
    # Of the token only the digest is left, and that is masked too.
    assert shown["keys"] == [{"name": "a", "sha256": "****daaf", "models": ["fast"]}]
    assert "0123456" not in text
    assert shown["state"] == "postgresql://u:****@h/d"
    assert shown["audit"]["password"] == "****5678"
    assert "planted" not in text + repr(read(FILE))


def test_no_header_for_the_collector_is_shown_whatever_its_name(read):
    settings = read("telemetry: {otlp: 'http://c:4318/v1/traces', headers: {X-Team: planted-in-the-file}, sample: 0.5}")
    shown = yaml.safe_load(show_settings(settings))["telemetry"]
    assert shown["headers"] == {"x-team": "****file"}
    assert (shown["otlp"], shown["sample"], shown["keep_slower_than"]) == ("http://c:4318", 0.5, "30s")
    assert "planted" not in repr(settings) + repr(settings.telemetry)


@pytest.mark.parametrize("text", ["", "server: {uds: /run/g.sock, tls: {certificate: c, key: k}}\nmodels: {m: mock/m}"])
def test_without_secrets_what_is_shown_gives_the_same_settings(read, text):
    settings = read(text)
    assert read(show_settings(settings)) == settings
