"""Which proxy leads to an origin, as the usual environment variables say. Values only; tunnel.py speaks to the proxy.

The environment is read once, at start, and handed in. Proxies are spoken to in plain HTTP, and asked with CONNECT
for http origins too: so a request looks the same with a proxy and without.
"""

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote_to_bytes

from gossamer.http.origin import Origin, normal_host, parse_origin, read_address

_EXAMPLE = "write it like http://proxy.example.com:3128"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the value of Proxy-Authorization where it wants one."""

    origin: Origin
    authorization: bytes | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return str(self.origin)


@dataclass(frozen=True, slots=True)
class Exemption:
    """One entry of NO_PROXY: a domain with all below it, a network, or everything."""

    domain: str = ""
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    port: int | None = None

    def covers(self, origin: Origin) -> bool:
        if self.port not in (None, origin.port):
            return False
        if self.network is not None:
            address = read_address(origin.server_name)
            return address is not None and address in self.network
        return self.domain == "*" or f".{origin.server_name}".endswith(f".{self.domain}")


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """Immutable. The default knows no proxy."""

    http: Proxy | None = None
    https: Proxy | None = None
    exemptions: tuple[Exemption, ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; lower case goes first, an empty value means no proxy.

        HTTP_PROXY in upper case is not believed where REQUEST_METHOD is set: under CGI a client could set it by a
        `Proxy:` header. Raises ValueError that names the variable.
        """
        is_cgi = "REQUEST_METHOD" in environ
        plain = ("http_proxy",) if is_cgi else ("http_proxy", "HTTP_PROXY")
        every = ("all_proxy", "ALL_PROXY")
        exempt = _first_set(environ, ("no_proxy", "NO_PROXY"))
        return cls(
            http=_read_proxy(environ, (*plain, *every)),
            https=_read_proxy(environ, ("https_proxy", "HTTPS_PROXY", *every)),
            exemptions=parse_no_proxy(environ[exempt]) if exempt else (),
        )

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """The proxy to ask, or None to connect directly.

        Loopback origins and Unix sockets are always direct, whatever NO_PROXY says: a proxy on another machine would
        look for them on itself, and a gateway beside its model server is the most common case of all.
        """
        proxy = self.https if origin.is_tls else self.http
        if proxy is None or origin.is_loopback or any(exemption.covers(origin) for exemption in self.exemptions):
            return None
        return proxy


def parse_proxy(text: str) -> Proxy:
    """A proxy from its URL; without a scheme it is http. Raises ValueError, which never holds the password."""
    scheme, _, rest = text.partition("://") if "://" in text else ("http", "", text)
    if scheme.lower() != "http":
        raise ValueError(
            f"a proxy is spoken to over plain http, not {scheme!r}, and TLS to the origin goes through it; {_EXAMPLE}"
        )
    userinfo, _, authority = rest.rpartition("@")  # from the right: passwords hold `/` and `@` too
    origin = parse_origin("http", authority.partition("/")[0])
    if not userinfo:
        return Proxy(origin)
    user, _, password = userinfo.partition(":")
    credentials = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return Proxy(origin, b"Basic " + base64.b64encode(credentials))


def parse_no_proxy(text: str) -> tuple[Exemption, ...]:
    """The entries, parted by commas or spaces. One that makes no sense covers nothing, as with curl."""
    return tuple(_parse_exemption(entry) for entry in text.replace(",", " ").split())


def _parse_exemption(entry: str) -> Exemption:
    host, port = entry, None
    before, colon, after = entry.rpartition(":")
    if colon and after.isdecimal() and (before.endswith("]") or ":" not in before):
        host, port = before, int(after)
    try:
        return Exemption(network=ipaddress.ip_network(host.strip("[]"), strict=False), port=port)
    except ValueError:
        return Exemption(domain=_normal_domain(host.removeprefix("*.").strip(".")), port=port)


def _normal_domain(text: str) -> str:
    try:
        return normal_host(text)
    except ValueError:
        return text


def _first_set(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in environ), None)


def _read_proxy(environ: Mapping[str, str], names: tuple[str, ...]) -> Proxy | None:
    name = _first_set(environ, names)
    if name is None or not environ[name]:
        return None
    try:
        return parse_proxy(environ[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
