"""Whom a request comes from, as far as tries are counted: an address that cannot be made up, or its whole site."""

from fastapi import Request

from gossamer.policy.site import site_of


def address_of(request: Request) -> str:
    """The first that nobody of ours vouches for. Only a worker comes over the Unix socket, and its word is taken."""
    server = request.scope.get("server")
    if server is not None and server[1] is None:  # a path has no port
        handed_on = request.headers.getlist("x-forwarded-for")
        return site_of(handed_on[-1].rpartition(",")[2].strip()) if handed_on else ""
    return site_of(request.client.host) if request.client else ""
