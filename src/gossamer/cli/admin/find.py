"""From what a person calls a thing to its id, and a change that overwrites nobody's."""

from typing import Any, Final
from urllib.parse import quote

from gossamer.cli.admin.door import Answer, Door, Refused
from gossamer.cli.admin.options import Members

USERS: Final = "/admin/v1/users"


def path_to(collection: str, thing_id: str) -> str:
    return f"{collection}/{quote(thing_id, safe='')}"


def user_id(door: Door, named: str) -> str:
    """Users may be named by their address."""
    if "@" not in named:
        return named
    found = door.ask("GET", USERS, query={"search": named, "limit": 1000}).body["data"]
    for user in found:
        if user["email"].lower() == named.lower():
            return str(user["id"])
    raise Refused(f"there is no user {named} that you may see: `gossamer user list` shows who there is")


def owner(door: Door, named: str | None) -> dict[str, object]:
    """`user_id` of something new, if somebody was named; `none` is nobody."""
    if named is None:
        return {}
    return {"user_id": None if named == "none" else user_id(door, named)}


def change(door: Door, path: str, members: Members) -> Any:
    """For the version that is there now."""
    if not members:
        raise Refused("nothing was said to change: --help lists what can be")
    before: Answer = door.ask("GET", path)
    return door.ask("PATCH", path, body=members, if_match=before.etag).body
