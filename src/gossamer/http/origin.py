"""Where requests of ours go: scheme, host and port, or a Unix socket; and how that is read from a base URL.

Values only: nothing here resolves a name or opens a connection (see connect.py).
Errors never repeat a whole URL, since people paste keys into them.
"""

import ipaddress
import re
from dataclasses import dataclass

DEFAULT_PORTS = {"http": 80, "https": 443}

_EXAMPLE = "write it like https://api.example.com/v1"
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<rest>.*)", re.DOTALL
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?")
_NAME = re.compile(r"(?=.{1,254}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")  # DNS bounds; `_` as in compose files
_PATH = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:@/-]*")  # what RFC 3986 allows in a path


@dataclass(frozen=True, slots=True)
class Origin:
    """One place to connect to. `host` is in lower case and ASCII, an IPv6 address without its brackets."""

    scheme: str
    host: str
    port: int
    unix_path: str | None = None
    """Connect to this socket file; `host` and `port` are then only a name for the Host header."""

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    @property
    def server_name(self) -> str:
        """The host as certificates and Host headers write it: without the dot that makes a DNS name absolute."""
        return self.host.removesuffix(".")

    @property
    def authority(self) -> str:
        """Host and port, the port always said."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"{host}:{self.port}"

    @property
    def host_header(self) -> bytes:
        """The value of Host. Computed anew each time: whoever needs it for each request keeps it."""
        return self.authority.removesuffix(f":{DEFAULT_PORTS[self.scheme]}").encode("ascii")

    @property
    def is_loopback(self) -> bool:
        """Whether it can only be this machine, judged by its name alone."""
        if self.unix_path is not None or self.server_name == "localhost" or self.server_name.endswith(".localhost"):
            return True
        address = read_address(self.server_name)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return address is not None and address.is_loopback

    def __str__(self) -> str:
        if self.unix_path is not None:
            return f"unix:{self.unix_path}"
        return f"{self.scheme}://{self.host_header.decode('ascii')}"


def parse_base_url(text: str) -> tuple[Origin, bytes]:
    """The origin of a base URL, and the prefix of every path under it (`b"/v1"`, or `b""`).

    `unix:/path/to.sock` names a Unix socket. Raises ValueError that says what is wrong and shows one that is right.
    """
    if text.startswith("unix:"):
        return _parse_unix(text.removeprefix("unix:")), b""
    parts = _URL.fullmatch(text)
    if parts is None:
        raise ValueError(f"a base URL begins with http:// or https://; {_EXAMPLE}")
    if "@" in parts["authority"]:
        raise ValueError(
            f"a base URL holds no user name, password or key; {_EXAMPLE} and give the key in its own field"
        )
    if parts["rest"]:
        raise ValueError(f"a base URL ends with its path, without ? or #; {_EXAMPLE}")
    origin = parse_origin(parts["scheme"], parts["authority"])
    return origin, _parse_prefix(parts["path"])


def parse_origin(scheme: str, authority: str) -> Origin:
    """The origin behind `scheme://host:port`, userinfo already taken off. Raises ValueError."""
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"the scheme {scheme!r} is neither http nor https; {_EXAMPLE}")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise ValueError(f"{authority!r} is no host and port; {_EXAMPLE}, an IPv6 address like http://[::1]:8000")
    return Origin(scheme, normal_host(parts["host"]), _parse_port(parts["port"] or str(DEFAULT_PORTS[scheme])))


def normal_host(text: str) -> str:
    """A host in the one form that compares equal: lower case, IDNA, shortest IPv6. Raises ValueError."""
    if text.startswith("["):
        address = read_address(text[1:-1])
        if not isinstance(address, ipaddress.IPv6Address) or address.scope_id is not None:
            raise ValueError(
                f"{text!r} is no IPv6 address (zones like %eth0 are not taken); write it like http://[::1]:8000"
            )
        return str(address)
    if not text:
        raise ValueError(f"the host is missing; {_EXAMPLE}")
    try:
        host = text.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise ValueError(f"the host {text!r} is no name that DNS can hold; {_EXAMPLE}") from error
    if not _NAME.fullmatch(host):
        raise ValueError(f"the host {text!r} holds what no host name may; {_EXAMPLE}")
    if host.rstrip(".").rpartition(".")[2].isdigit() and read_address(host) is None:
        raise ValueError(f"the host {text!r} is no IPv4 address; write all four numbers, like 127.0.0.1")
    return host


def read_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that the text is, or None where it is a name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _parse_port(text: str) -> int:
    if len(text) > 5 or not 0 < int(text) < 65536:
        raise ValueError(f"the port {text} is not between 1 and 65535; write it like http://127.0.0.1:8000")
    return int(text)


def _parse_prefix(path: str) -> bytes:
    if not _PATH.fullmatch(path):
        raise ValueError(
            f"the path {path!r} holds what a path may not; percent-encode it, like https://api.example.com/my%20models"
        )
    return path.rstrip("/").encode("ascii")


def _parse_unix(path: str) -> Origin:
    path = "/" + path.lstrip("/") if path.startswith("/") else path
    if not path.startswith("/") or "\0" in path or path == "/":
        raise ValueError("the path of a Unix socket is absolute; write it like unix:/run/gateway.sock")
    return Origin("http", "localhost", DEFAULT_PORTS["http"], unix_path=path)
