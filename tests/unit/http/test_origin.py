"""What a base URL means, and what is said of one that means nothing."""

import pytest

from gossamer.http.origin import Origin, parse_base_url


@pytest.mark.parametrize(
    ("text", "origin", "prefix"),
    [
        ("https://api.openai.com/v1", Origin("https", "api.openai.com", 443), b"/v1"),
        ("https://api.openai.com", Origin("https", "api.openai.com", 443), b""),
        ("https://api.openai.com/", Origin("https", "api.openai.com", 443), b""),
        ("https://API.OpenAI.com:443/v1/", Origin("https", "api.openai.com", 443), b"/v1"),
        ("HTTP://localhost:8000/a/b%20c", Origin("http", "localhost", 8000), b"/a/b%20c"),
        ("http://127.0.0.1:1", Origin("http", "127.0.0.1", 1), b""),
        ("http://127.0.0.1:65535", Origin("http", "127.0.0.1", 65535), b""),
        ("http://host:/v1", Origin("http", "host", 80), b"/v1"),
        ("http://[::1]:8000", Origin("http", "::1", 8000), b""),
        ("http://[2001:DB8:0:0::1]/v1", Origin("http", "2001:db8::1", 80), b"/v1"),
        ("https://bücher.example/v1", Origin("https", "xn--bcher-kva.example", 443), b"/v1"),
        ("http://model_server:8000", Origin("http", "model_server", 8000), b""),
        ("http://api.example.com.", Origin("http", "api.example.com.", 80), b""),
        ("unix:/run/gateway.sock", Origin("http", "localhost", 80, "/run/gateway.sock"), b""),
        ("unix:///run/gateway.sock", Origin("http", "localhost", 80, "/run/gateway.sock"), b""),
    ],
)
def test_a_base_url_is_an_origin_and_a_prefix(text, origin, prefix):
    assert parse_base_url(text) == (origin, prefix)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begins with http:// or https://"),
        ("api.openai.com/v1", "begins with http:// or https://"),
        ("localhost:8000", "begins with http:// or https://"),
        ("http:/host", "begins with http:// or https://"),
        (" http://host", "begins with http:// or https://"),
        ("ftp://host", "'ftp' is neither http nor https"),
        ("http://", "the host is missing"),
        ("http:///v1", "the host is missing"),
        ("http://:8000", "the host is missing"),
        ("http://user:hunter2@host", "no user name, password or key"),
        ("http://host?key=hunter2", "without ? or #"),
        ("http://host/v1?", "without ? or #"),
        ("http://host/v1#top", "without ? or #"),
        ("http://host:0", "port 0 is not between"),
        ("http://host:65536", "port 65536 is not between"),
        ("http://host:8000000000", "port 8000000000 is not between"),
        ("http://host:eighty", "no host and port"),
        ("http://host:٨٠", "no host and port"),
        ("http://::1:8000", "no host and port"),
        ("http://[::1", "no host and port"),
        ("http://[::1]8000", "no host and port"),
        ("http://[localhost]", "no IPv6 address"),
        ("http://[127.0.0.1]", "no IPv6 address"),
        ("http://[fe80::1%eth0]", "no IPv6 address"),
        ("http://300.1.1.1", "no IPv4 address"),
        ("http://127.1", "no IPv4 address"),
        ("http://two words", "holds what no host name may"),
        ("http://host\r\nx", "holds what no host name may"),
        ("http://%6cocalhost", "holds what no host name may"),
        ("http://a..b", "no name that DNS can hold"),
        ("http://" + "a" * 64, "no name that DNS can hold"),
        ("http://host/two words", "percent-encode it"),
        ("http://host/v1\r\nx: y", "percent-encode it"),
        ("http://host/bücher", "percent-encode it"),
        ("http://host\\@evil/", "no user name, password or key"),
        ("unix:", "absolute"),
        ("unix://", "absolute"),
        ("unix:relative.sock", "absolute"),
        ("unix:/nul\0", "absolute"),
    ],
)
def test_what_is_no_base_url_is_refused_with_what_would_be_right(text, says):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the text is checked below
        parse_base_url(text)
    assert says in str(refusal.value)
    assert "like " in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "host", "authority", "shown"),
    [
        ("https://api.openai.com/v1", b"api.openai.com", "api.openai.com:443", "https://api.openai.com"),
        ("https://api.openai.com:8443", b"api.openai.com:8443", "api.openai.com:8443", "https://api.openai.com:8443"),
        ("http://host:443", b"host:443", "host:443", "http://host:443"),
        ("http://[::1]", b"[::1]", "[::1]:80", "http://[::1]"),
        ("http://[::1]:8000", b"[::1]:8000", "[::1]:8000", "http://[::1]:8000"),
        ("http://absolute.example.", b"absolute.example", "absolute.example:80", "http://absolute.example"),
        ("unix:/run/x.sock", b"localhost", "localhost:80", "unix:/run/x.sock"),
    ],
)
def test_an_origin_names_itself_to_the_peer_and_to_people(url, host, authority, shown):
    origin, _ = parse_base_url(url)
    assert (origin.host_header, origin.authority, str(origin)) == (host, authority, shown)


def test_equal_origins_are_one_key():
    one, _ = parse_base_url("https://Bücher.example:443/v1")
    other, _ = parse_base_url("https://xn--bcher-kva.example/v2")
    assert {one: "pool"}[other] == "pool"


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        ("http://localhost:8000", True),
        ("http://localhost.", True),
        ("http://models.localhost", True),
        ("http://127.0.0.1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]", True),
        ("http://[::ffff:127.0.0.1]", True),
        ("unix:/run/x.sock", True),
        ("http://10.0.0.1", False),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://notlocalhost", False),
        ("http://localhost.example.com", False),
    ],
)
def test_loopback_is_known_by_its_name(url, is_loopback):
    assert parse_base_url(url)[0].is_loopback is is_loopback
