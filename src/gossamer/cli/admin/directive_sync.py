"""Prompts in a folder, one Markdown file each, and the directives of a gateway: pushed and pulled.

A file begins with its front matter, between two lines of dashes: `name`, `note` and `variables`. Without one, its
name is that of the file. A push saves what differs from the version in force, and activates nothing else.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import quote

import msgspec
import yaml

from gossamer.cli.admin.door import Answer, Door, Refused

DIRECTIVES: Final = "/admin/v1/directives"
PAGE: Final = 1000
_FRONT: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n(?:\r?\n)?", re.DOTALL | re.MULTILINE)
_UNFIT: Final = re.compile(r"[^\w.\- ]+")
"""What a file's name should not have; a name that loses something here keeps it in the front matter."""


class _Variable(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    source: str = "agent"
    default: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class PromptFile(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What one file says."""

    text: str
    name: str = ""
    note: str = ""
    variables: dict[str, _Variable] = {}

    @classmethod
    def read(cls, content: str, path: Path) -> Self:
        found = _FRONT.match(content)
        text = content[found.end() :] if found else content
        try:
            front = (yaml.safe_load(found[1]) or {}) if found else {}
            return msgspec.convert({"name": path.stem, **front, "text": text.removesuffix("\n")}, cls)
        except (yaml.YAMLError, msgspec.ValidationError, TypeError) as error:
            said = str(error).replace("\n", " ")
            raise Refused(
                f"{path}: its front matter cannot be read: {said}. It may have name, note, variables."
            ) from error

    @property
    def members(self) -> dict[str, Any]:
        """Of a new version."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in values.items() if name in ("text", "note", "variables")}

    def written(self) -> str:
        front: dict[str, Any] = msgspec.to_builtins(self)
        del front["text"]
        return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n{self.text}\n"


def push(door: Door, folder: Path, *, is_rehearsal: bool = False) -> dict[str, str]:
    """What was done with each, by name. All files are read before anything is saved."""
    files = [PromptFile.read(path.read_text(encoding="utf-8"), path) for path in sorted(folder.glob("*.md"))]
    if not files:
        raise Refused(f"{folder} has no Markdown files: is it the right folder?")
    names = [one.name for one in files]
    if doubles := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"several files are of {', '.join(doubles)}: one file a directive")
    return {one.name: _push(door, one, is_rehearsal=is_rehearsal) for one in files}


def pull(door: Door, folder: Path) -> dict[str, str]:
    """The version in force of each; where none is, the newest."""
    folder.mkdir(parents=True, exist_ok=True)
    done = {}
    for directive in _all(door):
        number = directive["active"] or directive["latest"]
        version = door.ask("GET", f"{_path(directive)}/versions/{number}").body
        path = folder / f"{_UNFIT.sub('-', directive['name'])}.md"
        content = _file_of(directive["name"], version).written()
        if path.exists() and path.read_text(encoding="utf-8") == content:
            done[directive["name"]] = "unchanged"
        elif directive["name"] in done:
            raise Refused(f"two users have a directive {directive['name']}: pull with a key of one of them")
        else:
            path.write_text(content, encoding="utf-8")
            done[directive["name"]] = f"version {number} written to {path}"
    return done


def _push(door: Door, file: PromptFile, *, is_rehearsal: bool) -> str:
    page = door.ask("GET", DIRECTIVES, query={"name": file.name, "limit": 2}).body["data"]
    if len(page) > 1:
        raise Refused(f"several users have a directive {file.name}: push with a key of one of them")
    if not page:
        if not is_rehearsal:
            door.ask("POST", DIRECTIVES, body={**file.members, "name": file.name})
        return "new, version 1"
    before = door.ask("GET", _path(page[0]))
    same = _same_version(door, before, file)
    if same is not None:
        is_back = same != before.body["active"]
        return f"unchanged; version {before.body['active']} is in force, not {same}" if is_back else "unchanged"
    if not is_rehearsal:
        door.ask("POST", f"{_path(before.body)}/versions", body=file.members, if_match=before.etag)
    return f"changed, version {before.body['latest'] + 1}"


def _same_version(door: Door, directive: Answer, file: PromptFile) -> int | None:
    """The version in force, or else the newest one, if that is what the file says: somebody rolled it back."""
    for number in (directive.body["active"], directive.body["latest"]):
        if number is None:
            continue
        version = door.ask("GET", f"{_path(directive.body)}/versions/{number}").body
        kept = _file_of(file.name, version)
        if (kept.text, kept.variables) == (file.text, file.variables):
            return int(number)
    return None


def _file_of(name: str, version: Any) -> PromptFile:
    return msgspec.convert(
        {"name": name, "text": version["text"], "note": version["note"], "variables": version["variables"]}, PromptFile
    )


def _all(door: Door) -> Iterator[Any]:
    after = None
    while True:
        page = door.ask("GET", DIRECTIVES, query={"limit": PAGE, "after": after}).body
        yield from page["data"]
        after = page["next"]
        if after is None:
            return


def _path(directive: Any) -> str:
    return f"{DIRECTIVES}/{quote(directive['id'], safe='')}"
