import msgspec
import pytest

from gossamer.dialects.needs import Needs, needs_of

PLAIN = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
CHAT_IMAGE = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
RESPONSES_IMAGE = {"type": "input_image", "image_url": "https://x/y.png"}
MESSAGES_IMAGE = {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}


def needs(**more: object) -> Needs:
    return needs_of(msgspec.json.encode({**PLAIN, **more}), "chat")


def test_a_plain_question_needs_nothing():
    found = needs()
    assert (found.vision, found.tools, found.json_schema) == (False, False, False)


@pytest.mark.parametrize("image", [CHAT_IMAGE, RESPONSES_IMAGE, MESSAGES_IMAGE])
def test_images_of_each_dialect_are_seen(image: object):
    assert needs(messages=[{"role": "user", "content": [image]}]).vision


def test_tools_and_schemas_are_seen():
    assert needs(tools=[{"type": "function"}]).tools
    assert needs(response_format={"type": "json_schema", "json_schema": {}}).json_schema


def test_what_is_only_talked_about_is_not_needed():
    talk = 'of "tools", "image_url" and "json_schema"'
    assert needs(messages=[{"role": "user", "content": talk}]) == needs(
        messages=[{"role": "user", "content": "x" * (len(talk) + 6)}]
    )


def test_names_that_callers_give_are_no_needs():
    parameters = {"properties": {"image": {"type": "string"}, "tools": {"type": "array"}}, "required": ["image"]}
    found = needs(tools=[{"type": "function", "function": {"name": "f", "parameters": parameters}}])
    assert (found.vision, found.tools) == (False, True)
    assert not needs(messages=[{"role": "user", "content": "image"}, {"role": "user", "content": "tools"}]).tools
    assert not needs(tools=[]).tools
    assert not needs(metadata={"json_schema": "no"}).json_schema


def test_tokens_are_those_of_the_question_and_of_the_longest_answer():
    body = msgspec.json.encode({**PLAIN, "max_tokens": 500})
    assert needs_of(body, "chat").tokens == len(body) // 4 + 500


def test_an_image_counts_as_what_it_costs_however_long_its_text_is():
    def with_image(size: int) -> int:
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * size}}
        return needs(messages=[{"role": "user", "content": [image, image]}]).tokens

    assert with_image(4_000_000) == with_image(40_000) < 4000
