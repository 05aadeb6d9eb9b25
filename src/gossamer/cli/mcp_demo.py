"""`gossamer mcp-demo`: a small server of the Model Context Protocol, to try agents with."""

import argparse
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from gossamer.agents.demo.sandbox import Sandbox

_PORT_LIMIT = 65_535
_MISSING = "gossamer: the SDK of MCP is not installed: pip install 'gossamer[agents]'"


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The one command of this group."""
    parser = subparsers.add_parser(
        "mcp-demo",
        help="a small server of tools, to try agents with",
        description="Serve a clock, a calculator and the files of a folder by the Model Context Protocol, over stdin "
        "and stdout, or over HTTP.",
    )
    parser.add_argument("--http", type=_port, metavar="PORT", help="serve HTTP on 127.0.0.1; 0: a free port")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="whose files may be read and written; left out, an empty one"
    )
    parser.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace) -> int:
    server = _find_server()
    if server is None:
        print(_MISSING, file=sys.stderr)
        return 1
    try:
        with _sandbox(args.folder) as sandbox:
            if args.http is None:
                server.serve_stdio(sandbox)
            else:
                _serve_http(server, sandbox, args.http)
    except OSError as error:
        print(f"gossamer mcp-demo: {error}. Name another --folder or --http port.", file=sys.stderr)
        return 1
    return 0


def _serve_http(server: ModuleType, sandbox: Sandbox, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as sock:
        print(f"tools at http://127.0.0.1:{sock.getsockname()[1]}/mcp", flush=True)
        server.serve_http(sandbox, sock)


def _find_server() -> ModuleType | None:
    try:
        return import_module("gossamer.agents.demo.server")
    except ModuleNotFoundError:
        return None


@contextmanager
def _sandbox(folder: Path | None) -> Iterator[Sandbox]:
    """The folder that is named, or one that is gone afterwards."""
    with TemporaryDirectory(prefix="gossamer-demo-") as empty:
        sandbox = Sandbox(Path(empty) if folder is None else folder)
        try:
            yield sandbox
        finally:
            sandbox.close()


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= _PORT_LIMIT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return number
