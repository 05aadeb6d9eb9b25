import hashlib

import pytest

from gossamer.config import values
from gossamer.config.values import Unfit


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.read_whole, "8080", 8080),
        (values.read_whole, "-1", -1),
        (values.read_whole, "1_000", 1000),
        (values.read_bool, "Yes", True),
        (values.read_bool, "off", False),
        (values.read_host, "127.0.0.1", "127.0.0.1"),
        (values.read_host, "::", "::"),
        (values.read_host, "gateway.internal", "gateway.internal"),
        (values.read_listen, "127.0.0.1:8081", "127.0.0.1:8081"),
        (values.read_listen, "localhost:0", "localhost:0"),
        (values.read_listen, "[::1]:8081", "[::1]:8081"),
        (values.read_path, "/srv/gossamer data", "/srv/gossamer data"),
        (values.read_trust, "true", True),
        (values.read_trust, "no", False),
        (values.read_trust, "/etc/ca.pem", "/etc/ca.pem"),
        (values.read_share, "0.1", 0.1),
        (values.read_share, "1", 1.0),
        (values.read_share, "1e-3", 0.001),
        (values.read_collector, "http://127.0.0.1:4318", "http://127.0.0.1:4318"),
        (values.read_collector, "https://c.example/otlp/v1/traces", "https://c.example/otlp"),
        (values.read_url, "https://api.openai.com/v1/", "https://api.openai.com/v1"),
        (values.read_url, "http://[::1]:8000", "http://[::1]:8000"),
        (values.read_url, "unix:/run/model.sock", "unix:/run/model.sock"),
        (values.read_state_url, "sqlite:///state.db", "sqlite:///state.db"),
        (values.read_state_url, "sqlite:////srv/a b/state.db", "sqlite:////srv/a b/state.db"),
        (values.read_state_url, "postgresql://u:p@h1,h2/d?sslmode=require", "postgresql://u:p@h1,h2/d?sslmode=require"),
        (values.read_state_url, "postgres:///d?host=/run/postgresql", "postgres:///d?host=/run/postgresql"),
        (values.read_secret, "sk-abc", "sk-abc"),
        (values.digest_token, "gsm_x", hashlib.sha256(b"gsm_x").digest()),
        (values.read_sha256, "AB" * 32, b"\xab" * 32),
        (values.read_header_name, "OpenAI-Organization", "openai-organization"),
        (values.read_header_value, "a b", "a b"),
        (values.matching(values.TARGET_FORM), "local/meta-llama/Llama-3", "local/meta-llama/Llama-3"),
        (values.matching(values.JITTER_FORM), "uniform:0.2", "uniform:0.2"),
        (values.matching(values.JITTER_FORM), "lognormal:4", "lognormal:4"),
    ],
)
def test_a_text_and_its_value(read, text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "wrong"),
    [
        (values.read_whole, "8080x", "'8080x' is no whole number"),
        (values.read_whole, "010", "'010' is no whole number"),
        (values.read_whole, "1.0", "'1.0' is no whole number"),
        (values.read_whole, "", "'' is no whole number"),
        (values.read_bool, "maybe", "'maybe' is neither true nor false"),
        (values.read_line, "", "the value is empty"),
        (values.read_line, "a\nb", "the value has a line break or another control character in it"),
        (values.read_host, "127.0.0.1:80", "'127.0.0.1:80' is no address and no host name"),
        (values.read_host, "a b", "'a b' is no address and no host name"),
        (values.read_listen, "127.0.0.1", "'127.0.0.1' has no port from 0 to 65535"),
        (values.read_listen, "h:65536", "'h:65536' has no port from 0 to 65535"),
        (values.read_listen, "::1:80", "'::1:80' has an IPv6 address without brackets, or brackets without one"),
        (values.read_listen, ":80", "the value is empty"),
        (values.read_listen, "[h]:80", "'[h]:80' has an IPv6 address without brackets, or brackets without one"),
        (values.read_path, "~/x", "'~/x' begins with ~, which only a shell replaces"),
        (values.read_socket_path, "/" + "x" * 107, "the path is longer than the 107 bytes that a Unix socket may have"),
        (values.read_share, "half", "'half' is no number"),
        (values.read_share, ".5", "'.5' is no number"),
        (values.read_collector, "unix:/run/c.sock", "a collector is reached over TCP"),
        (values.read_url, "localhost:8000", "a base URL begins with http:// or https://"),
        (values.read_url, "http://h/v1?key=1", "a base URL ends with its path, without ? or #"),
        (values.read_state_url, "", "the value is empty"),
        (values.read_state_url, "sqlite:///", "the URL names no file"),
        (values.read_state_url, "sqlite:///:memory:", "the URL names no file"),
        (
            values.read_state_url,
            "sqlite:/state.db",
            "a SQLite URL has three slashes before its path, and four where that begins with one",
        ),
        (
            values.read_state_url,
            "postgresql+asyncpg://u:secret@h/d",
            "the URL is neither that of a SQLite file nor of a Postgres database",
        ),
        (
            values.read_state_url,
            "postgresql://u:a b@h/d",
            "the URL has white space or a character outside ASCII in it",
        ),
        (values.read_secret, "", "the value is empty"),
        (values.read_sha256, "abc", "a SHA-256 has 64 hex digits, and this has 3 characters"),
        (values.read_sha256, "x" * 64, "a SHA-256 has 64 hex digits, and this has other characters"),
        (values.read_header_name, "bad name", "'bad name' cannot be the name of a header"),
        (values.read_header_name, "Content-Length", "Content-Length is the gateway's own to set"),
        (values.matching(values.NAME_FORM), "a/b", "'a/b' does not have the form"),
        (values.matching(values.TARGET_FORM), "gpt-4o", "'gpt-4o' does not have the form"),
        (values.matching(values.JITTER_FORM), "uniform:1.1", "'uniform:1.1' does not have the form"),
        (values.matching(values.JITTER_FORM), "lognormal:4.1", "'lognormal:4.1' does not have the form"),
        (values.one_of(("info", "warning")), "warn", "'warn' is not one of the words (did you mean warning?)"),
        (values.one_of(("info", "warning")), "x", "'x' is not one of the words"),
    ],
)
def test_a_text_that_is_no_such_value(read, text, wrong):
    with pytest.raises(Unfit) as caught:
        read(text)
    assert caught.value.wrong == wrong


def test_a_url_brings_its_own_advice():
    with pytest.raises(Unfit) as caught:
        values.read_url("http://h:0")
    assert caught.value.allowed == "write it like http://127.0.0.1:8000"


@pytest.mark.parametrize("text", ["sk-hidden\n", "sk hidden", " sk-hidden", "sk-hiddén", "hidden\x00"])
@pytest.mark.parametrize("read", [values.read_secret, values.digest_token, values.read_sha256])
def test_a_bad_secret_is_not_repeated(read, text):
    with pytest.raises(Unfit) as caught:
        read(text)
    assert "hidd" not in str(caught.value)


def test_a_bad_header_value_and_a_url_with_credentials_are_not_repeated():
    for read, text in ((values.read_header_value, "hidden\r\nx: y"), (values.read_url, "http://u:hidden@h/v1")):
        with pytest.raises(Unfit) as caught:
            read(text)
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("name", ["Host", "TRANSFER-ENCODING", "connection", "Upgrade"])
def test_headers_that_frame_a_message_are_not_the_operators(name):
    with pytest.raises(Unfit, match="own to set"):
        values.read_header_name(name)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///state.db", "sqlite:///state.db"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:pw@h:5432/d?a=b", "postgresql://u:****@h:5432/d?a=b"),
        ("postgresql://u:p@w/x@h/d", "postgresql://u:****@h/d"),
        (
            "postgresql://h/d?user=u&password=pw&sslmode=require",
            "postgresql://h/d?user=u&password=****&sslmode=require",
        ),
        ("postgresql://h/d?sslPassword=pw", "postgresql://h/d?sslPassword=****"),
    ],
)
def test_a_url_is_shown_without_its_passwords(url, shown):
    assert values.hide_passwords(url) == shown
