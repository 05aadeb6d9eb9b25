"""CONNECT: asks a proxy for a tunnel, on a socket that nobody else reads yet.

Done on the bare socket, before a transport exists: what comes after the answer's head belongs to the origin, and so
TLS can begin at exactly the next byte.
"""

import asyncio
import socket

from gossamer.http.errors import ConnectFailed
from gossamer.http.heads import RESPONSE_GRAMMAR
from gossamer.http.origin import Origin
from gossamer.http.proxy import Proxy

_HEAD_BYTES = 16 * 1024  # what a refusal's head may need; its page of HTML is not read
_HEAD_END = b"\r\n\r\n"


async def open_tunnel(sock: socket.socket, origin: Origin, proxy: Proxy) -> None:
    """After this the socket leads to the origin. Raises ConnectFailed; the caller owns the socket, and the clock."""
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(sock, connect_request(origin, proxy))
        answer = b""
        while _HEAD_END not in answer:
            piece = await loop.sock_recv(sock, _HEAD_BYTES)
            if not piece:
                raise ConnectFailed("the proxy closed the connection instead of answering CONNECT")
            answer += piece
            if len(answer) > _HEAD_BYTES:
                raise ConnectFailed(f"the proxy's answer to CONNECT is longer than {_HEAD_BYTES} bytes")
    except OSError as error:
        raise ConnectFailed(f"the proxy cut the connection during CONNECT ({error.strerror})") from error
    check_answer(answer)


def connect_request(origin: Origin, proxy: Proxy) -> bytes:
    target = origin.authority.encode("ascii")
    authorization = b"" if proxy.authorization is None else b"Proxy-Authorization: " + proxy.authorization + b"\r\n"
    return b"CONNECT " + target + b" HTTP/1.1\r\nHost: " + target + b"\r\n" + authorization + b"\r\n"


def check_answer(answer: bytes) -> None:
    """Returns where the tunnel stands and nothing has come through it yet; raises ConnectFailed where not."""
    head, _, beyond = answer.partition(_HEAD_END)
    if not RESPONSE_GRAMMAR.fullmatch(head + _HEAD_END):
        raise ConnectFailed("the proxy's answer to CONNECT is no HTTP; is this the port of an HTTP proxy?")
    status = int(head[9:12])
    if status == 407:
        raise ConnectFailed(
            "the proxy answered 407: it wants a user name and a password, as in http://user:password@proxy:3128"
        )
    if not 200 <= status < 300:
        reason = head.partition(b"\r\n")[0][13:].decode("latin-1")
        raise ConnectFailed(f"the proxy answered CONNECT with {status} {reason}".rstrip())
    if beyond:
        raise ConnectFailed("the proxy sent more than its answer to CONNECT, before anything was asked of the origin")
