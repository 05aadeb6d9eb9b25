"""Whom a request comes from, as far as tries are counted: an address that cannot be made up, or its whole site."""

from ipaddress import IPv6Address, ip_address
from typing import Final

from fastapi import Request

_SITE_BITS: Final = 64
"""What one site has of IPv6: it may take as many addresses as it likes within."""
_SHOWN_MOST: Final = 64
"""Characters of what is no address; a worker sends none."""


def address_of(request: Request) -> str:
    """The first that nobody of ours vouches for. Only a worker comes over the Unix socket, and its word is taken."""
    server = request.scope.get("server")
    if server is not None and server[1] is None:  # a path has no port
        handed_on = request.headers.getlist("x-forwarded-for")
        return site_of(handed_on[-1].rpartition(",")[2].strip()) if handed_on else ""
    return site_of(request.client.host) if request.client else ""


def site_of(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one; whatever else, as it is."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:_SHOWN_MOST]
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return f"{IPv6Address(int(ip) >> _SITE_BITS << _SITE_BITS)}/{_SITE_BITS}"
