"""A password, asked for at the terminal or read as a line of stdin: what is in a command line, others can see."""

import getpass
import sys

from gossamer.cli.admin.door import Refused


def read_password(prompt: str, *, twice: bool = True) -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass(f"{prompt}: ")
        if twice and getpass.getpass("Once more: ") != password:
            raise Refused("the two are not the same: nothing was changed")
    if not password:
        raise Refused("there is no password: type one at the prompt, or give it as a line on stdin")
    return password
