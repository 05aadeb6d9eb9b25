"""Estimates of tokens: they grow with what is there, and are in the right order of size."""

from typing import Any

import msgspec
import pytest

from gossamer.dialects.estimate import estimate_tokens, render_count

PROSE = "The quick brown fox jumps over the lazy dog, and then it goes home to sleep until the morning. " * 20
PROSE_TOKENS = 21 * 20
"""Short English words and marks, each of which is about one token."""


def estimate(content: Any, **more: Any) -> int:
    body = {"model": "claude-opus-5", "messages": [{"role": "user", "content": content}], **more}
    return estimate_tokens(msgspec.json.encode(body))


def test_plain_words_are_about_one_each():
    assert PROSE_TOKENS * 0.75 < estimate(PROSE) < PROSE_TOKENS * 1.25


def test_other_scripts_take_more():
    assert estimate("敏捷的棕色狐狸跳过了懒狗") > 10


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQ="}},
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
        {"type": "tool_result", "tool_use_id": "t", "content": "rain"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
        {"type": "thinking", "thinking": "Let me think about this.", "signature": "x"},
    ],
)
def test_everything_counts(block: dict[str, Any]):
    text = {"type": "text", "text": "Hi"}
    assert estimate([text, block]) > estimate([text])


def test_tools_and_system_count():
    tool = {"name": "f", "description": "does it", "input_schema": {"type": "object"}}
    assert estimate("Hi", tools=[tool]) > estimate("Hi", tools=[]) + 300
    assert estimate("Hi", system="Be brief.") > estimate("Hi")


def test_what_cannot_be_counted_is_no_error():
    assert estimate([{"type": "container_upload", "file_id": "x"}, {"type": "text", "text": "Hi"}]) > 0


def test_the_answer_is_anthropics():
    assert render_count(7) == b'{"input_tokens":7}'
