"""Images and documents: data addresses taken apart and put together, lifetimes of caches in both wordings."""

import re
from base64 import b64decode
from typing import Final

from gossamer.dialects.conversation import Document, Image

_DATA: Final = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,(.*)", re.DOTALL | re.IGNORECASE)


def image_at(url: str, detail: str, cache: str | None) -> Image | None:
    """An image by its address; None where it is a data address that is not base64."""
    if url[:5].lower() != "data:":
        return Image(url=url, detail=detail, cache=cache)
    found = _DATA.fullmatch(url)
    if found is None or found[3] is None:
        return None
    return Image(media_type=found[1].lower(), data=found[4], detail=detail, cache=cache)


def document_of(data: str, title: str, cache: str | None) -> Document | None:
    """A file by its content, as OpenAI has it: a data address, or bare base64 of a PDF; None where it is neither."""
    if data[:5].lower() != "data:":
        return Document(title=title, media_type="application/pdf", data=data, cache=cache)
    found = _DATA.fullmatch(data)
    if found is None or found[3] is None:
        return None
    if found[1].lower().startswith("text/"):
        text = _text_of(found[4])
        return None if text is None else Document(title=title, text=text, cache=cache)
    return Document(title=title, media_type=found[1].lower(), data=found[4], cache=cache)


def data_url(media_type: str, data: str) -> str:
    return f"data:{media_type};base64,{data}"


def as_text(document: Document) -> str:
    """A plain document for those who take none: its text, under its title."""
    head = "\n".join(line for line in (document.title, document.context) if line)
    return f"{head}\n\n{document.text}" if head else document.text


def _text_of(data: str) -> str | None:
    try:
        return b64decode(data, validate=True).decode()
    except ValueError:  # no base64, or no UTF-8
        return None
