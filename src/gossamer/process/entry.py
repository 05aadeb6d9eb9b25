"""The entry of a process that the supervisor starts; nobody types it.

It turns file descriptors into sockets, waits for the first settings, and hands over to whoever serves. It must not
know what is served.
"""

import argparse
import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence

from gossamer.config.settings import Settings
from gossamer.core.logs import get_log, set_up_logs
from gossamer.http.loop import new_loop
from gossamer.process.link import Link, open_link

Serve = Callable[[list[socket.socket], Settings, Link, int], Awaitable[None]]
"""Runs until drained, on these sockets, as the process of this number among its like."""


def main(serve: Serve, argv: Sequence[str] | None = None, *, name: str = "worker") -> int:
    args = _parse(argv, name)
    # A terminal or a service manager may signal every process at once; only the supervisor decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sockets = [_adopt(fd) for fd in args.fd]
    link_socket = _adopt(args.link)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_run(serve, sockets, link_socket, args.number, name))


def _parse(argv: Sequence[str] | None, name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m gossamer.{name}", description="Started by `gossamer serve`.")
    parser.add_argument("--fd", type=int, action="append", required=True, help="a listening socket; may be repeated")
    parser.add_argument("--link", type=int, required=True, help="our end of the supervisor's link")
    parser.add_argument("--number", type=int, required=True, help="which of its like this is, from 0")
    return parser.parse_args(argv)


def _adopt(fd: int) -> socket.socket:
    sock = socket.socket(fileno=fd)
    sock.set_inheritable(False)
    return sock


async def _run(serve: Serve, sockets: list[socket.socket], link_socket: socket.socket, number: int, name: str) -> int:
    link = await open_link(link_socket)
    try:
        settings = await link.first_settings()
        set_up_logs(settings.log.level, settings.log.format)
        # A service manager may send SIGTERM to all processes of a service at once.
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGTERM, link.drain, settings.server.limits.drain_timeout_s
        )
        await serve(sockets, settings, link, number)
    except EOFError:
        return 0  # The supervisor ended while this process was starting: there is nothing to do.
    except Exception as error:  # noqa: BLE001 - said on the link and in the log; the supervisor starts a successor
        link.failed(f"{type(error).__name__}: {error}")
        get_log(f"gossamer.{name}", number=number).defect(f"{name} failed", error)
        return 1
    return 0
