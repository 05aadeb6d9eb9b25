"""/docs: the OpenAPI document as one page for people. No script, nothing from another host: it works where there is no
internet, and no page of a stranger runs beside a token.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

Schema = Mapping[str, Any]

_POLICY: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2024; }
h2 { margin-top: 3rem; border-bottom: 1px solid #d9dce0; } h3 { margin: 2rem 0 0; font-size: 1rem; }
code, h3 { font-family: ui-monospace, monospace; } code { background: #f2f3f5; padding: 0 .25em; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .9rem; }
td { border-top: 1px solid #e6e8eb; padding: .25rem .5rem .25rem 0; vertical-align: top; }
td:first-child { width: 16rem; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e6e8eb; } code { background: #24272b; } }
"""

_SHORT: Final = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}

routes = APIRouter()


@routes.get("/docs", include_in_schema=False)
async def show_docs(request: Request) -> HTMLResponse:
    state = request.app.state
    if not hasattr(state, "docs_page"):
        state.docs_page = render(request.app.openapi())
    return HTMLResponse(state.docs_page, headers=_POLICY)


def render(document: Schema) -> str:
    """The whole page."""
    info = document["info"]
    parts = "\n".join(_operations(document))
    shapes = "\n".join(_shapes(document["components"]["schemas"]))
    about = "".join(f"<p>{_text(part)}</p>" for part in info["description"].strip().split("\n\n"))
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])}: admin API</title><style>{_STYLE}</style>\n"
        f"<h1>{escape(info['title'])} {escape(info['version'])}: admin API</h1>{about}\n"
        "<p>For machines: <a href=/openapi.json>/openapi.json</a>, in OpenAPI "
        f"{escape(document['openapi'])}.</p>\n{parts}\n<h2>Shapes</h2>\n{shapes}\n"
    )


def _operations(document: Schema) -> Iterator[str]:
    before = None
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation["tags"][0]
            if tag != before:
                yield f"<h2>{escape(tag)}</h2>"
                before = tag
            yield _operation(method, path, operation)


def _operation(method: str, path: str, operation: Schema) -> str:
    rows = [
        _row(f"{given['name']} <small>{given['in']}</small>", given["schema"], is_needed=given["required"], about=given)
        for given in operation.get("parameters", ())
    ]
    if body := operation.get("requestBody"):
        rows.append(_row("body", _json(body), is_needed=body.get("required", False)))
    for status, answer in operation["responses"].items():
        shown = _type(_json(answer)) if "content" in answer else ""
        rows.append(f"<tr><td>{escape(status)}<td>{shown} {_text(answer['description'])}")
    about = "".join(f"<p>{_text(operation[part])}</p>" for part in ("summary", "description") if part in operation)
    name = escape(operation["operationId"])
    return f"<h3 id={name}>{method.upper()} {escape(path)}</h3>{about}<table>{''.join(rows)}</table>"


def _shapes(schemas: Mapping[str, Schema]) -> Iterator[str]:
    for name, schema in schemas.items():
        needed = schema.get("required", ())
        rows = [
            _row(escape(member), found, is_needed=member in needed)
            for member, found in schema.get("properties", {}).items()
        ]
        about = _text(schema.get("description", ""))
        yield f"<h3 id={escape(name)}>{escape(name)}</h3><p>{about}</p><table>{''.join(rows)}</table>"


def _row(name: str, schema: Schema, *, is_needed: bool, about: Schema | None = None) -> str:
    text = (about or {}).get("description") or schema.get("description", "")
    default = schema.get("default")
    words = [
        _type(schema),
        "needed" if is_needed else "",
        f"default <code>{escape(str(default))}</code>" if default else "",
    ]
    return f"<tr><td><code>{name}</code><td>{', '.join(filter(None, words))}. {_text(text)}"


def _type(schema: Schema) -> str:
    """In a word or two, a shape as a link to it."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(word))}</code>" for word in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    return _SHORT.get(schema.get("type", ""), "anything")


def _json(holder: Schema) -> Schema:
    found: Schema = holder["content"]["application/json"]["schema"]
    return found


def _text(text: str) -> str:
    """Backticks become code."""
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
