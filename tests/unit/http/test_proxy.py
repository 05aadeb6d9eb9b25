"""Which proxy the environment names for an origin."""

import base64

import pytest

from gossamer.http.origin import parse_base_url
from gossamer.http.proxy import ProxySettings, parse_proxy


def route(environ: dict[str, str], url: str) -> str | None:
    proxy = ProxySettings.from_environ(environ).proxy_for(parse_base_url(url)[0])
    return None if proxy is None else str(proxy)


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "https://api.example.com", None),
        ({"HTTPS_PROXY": "http://p:3128"}, "https://api.example.com", "http://p:3128"),
        ({"HTTPS_PROXY": "http://p:3128"}, "http://api.example.com", None),
        ({"HTTP_PROXY": "http://p:3128"}, "http://api.example.com", "http://p:3128"),
        ({"HTTP_PROXY": "http://p:3128"}, "https://api.example.com", None),
        ({"ALL_PROXY": "http://p:3128"}, "http://api.example.com", "http://p:3128"),
        ({"ALL_PROXY": "http://p:3128"}, "https://api.example.com", "http://p:3128"),
        ({"ALL_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:2"}, "https://api.example.com", "http://q:2"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"}, "https://api.example.com", "http://low:1"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://up:2"}, "https://api.example.com", None),
        ({"https_proxy": "", "ALL_PROXY": "http://all:2"}, "https://api.example.com", None),
        ({"https_proxy": "p:3128"}, "https://api.example.com", "http://p:3128"),
        ({"https_proxy": "http://p:3128/"}, "https://api.example.com", "http://p:3128"),
        ({"https_proxy": "http://p"}, "https://api.example.com", "http://p"),
        ({"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, "http://api.example.com", None),
        ({"http_proxy": "http://p:1", "REQUEST_METHOD": "GET"}, "http://api.example.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, "https://api.example.com", "http://p:1"),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(environ, url, proxy):
    assert route(environ, url) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("", "https://api.example.com", False),
        ("*", "https://api.example.com", True),
        ("example.com", "https://example.com", True),
        ("example.com", "https://api.example.com", True),
        (".example.com", "https://api.example.com", True),
        ("*.example.com", "https://api.example.com", True),
        ("EXAMPLE.com", "https://api.example.com", True),
        ("example.com", "https://api.example.com.", True),
        ("example.com.", "https://api.example.com", True),
        ("bücher.example", "https://bücher.example", True),
        ("example.com", "https://notexample.com", False),
        ("example.com", "https://example.com.evil", False),
        ("example.com:443", "https://example.com", True),
        ("example.com:8443", "https://example.com", False),
        ("other.org, example.com", "https://example.com", True),
        ("other.org example.com", "https://example.com", True),
        ("10.0.0.5", "https://10.0.0.5", True),
        ("10.0.0.5", "https://10.0.0.50", False),
        ("10.0.0.0/8", "https://10.200.3.4", True),
        ("10.0.0.0/8", "https://11.0.0.1", False),
        ("10.0.0.0/8", "https://api.example.com", False),
        ("10.0.0.5:443", "https://10.0.0.5", True),
        ("10.0.0.5:80", "https://10.0.0.5", False),
        ("fd00::/8", "https://[fd00::1]", True),
        ("fd00::1", "https://[fd00::1]", True),
        ("[fd00::1]", "https://[fd00::1]", True),
        ("[fd00::1]:443", "https://[fd00::1]", True),
        ("[fd00::1]:80", "https://[fd00::1]", False),
        ("10.0.0.0/99,,.,:", "https://10.0.0.1", False),
    ],
)
def test_no_proxy_names_what_is_reached_directly(no_proxy, url, is_direct):
    assert (route({"ALL_PROXY": "http://p:1", "NO_PROXY": no_proxy}, url) is None) is is_direct


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1", "https://[::1]:8443", "unix:/run/x.sock"])
def test_this_machine_is_never_sought_behind_a_proxy(url):
    assert route({"ALL_PROXY": "http://p:1"}, url) is None


def test_a_password_becomes_basic_authorization_and_is_shown_nowhere():
    proxy = parse_proxy("http://us%20er:p%C3%A4ss/w@rd@proxy:3128")
    assert str(proxy) == "http://proxy:3128"
    assert proxy.authorization == b"Basic " + base64.b64encode("us er:päss/w@rd".encode())
    assert proxy.authorization.decode() not in repr(proxy)


@pytest.mark.parametrize(
    "value", ["socks5://u:hunter2@p:1080", "https://u:hunter2@p:1", "http://u:hunter2@p:port", "http://u:hunter2@"]
)
def test_a_proxy_that_cannot_be_used_is_refused_by_the_variable_s_name(value):
    with pytest.raises(ValueError, match=r"^HTTPS_PROXY: .* like http") as refusal:
        ProxySettings.from_environ({"HTTPS_PROXY": value})
    assert "hunter2" not in str(refusal.value)


def test_a_variable_that_is_not_needed_is_not_judged():
    environ = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://p:1", "ALL_PROXY": "socks5://p:1080"}
    assert route(environ, "https://api.example.com") == "http://p:1"
