"""Functions of Python as tools."""

import asyncio
import threading
from importlib.metadata import EntryPoint
from typing import Annotated, Any

import pytest
from msgspec import Meta

from gossamer.agents.seam import Observation, Run
from gossamer.agents.tools import functions
from gossamer.agents.tools.functions import FunctionTool, UnfitFunction, load_function
from gossamer.config.tools import TOOL_GROUP, PythonSettings

RUN = Run("run", "tester", 0, "token")


def shout(text: str, times: Annotated[int, Meta(ge=1, description="How often.")] = 1) -> str:
    """Says it louder."""
    return text.upper() * times


async def add(a: float, b: float) -> float:
    return a + b


def fail() -> None:
    raise KeyError("secret-less words")


def leave() -> None:
    raise SystemExit(1)


async def leave_softly() -> None:
    raise SystemExit(1)


def starless(*words: str) -> str:
    return " ".join(words)


def tool_of(function: Any, **settings: Any) -> FunctionTool:
    return FunctionTool("it", PythonSettings(entry_point="it", **settings), function)


async def used(tool: FunctionTool, **arguments: Any) -> Observation:
    (listed,) = await tool.tools()
    return await tool.call(listed, arguments, RUN)


async def test_its_schema_is_made_of_its_hints():
    (listed,) = await tool_of(shout).tools()
    assert (listed.name, listed.description) == ("it", "Says it louder.")
    assert listed.schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "times": {"type": "integer", "minimum": 1, "description": "How often.", "default": 1},
        },
        "required": ["text"],
        "additionalProperties": False,
    }


async def test_both_kinds_are_called():
    assert await used(tool_of(shout), text="hey", times=2) == Observation("HEYHEY")
    assert await used(tool_of(add), a=1, b=2.5) == Observation("3.5")


async def test_one_that_blocks_runs_in_a_thread():
    assert await used(tool_of(lambda: threading.current_thread().name)) == Observation("tool it")


async def test_arguments_that_do_not_fit_are_told():
    seen = await used(tool_of(shout), text="hey", times=0)
    assert seen.is_error
    assert "`int` >= 1" in seen.text


@pytest.mark.parametrize("function", [fail, lambda: next(iter(())), leave, leave_softly])
async def test_what_it_raises_is_told(function: Any):
    seen = await used(tool_of(function))
    assert seen.is_error
    assert seen.text.startswith("The tool failed: ")


async def test_one_that_hangs_is_given_up_and_keeps_its_place():
    may_end = threading.Event()
    tool = tool_of(may_end.wait, timeout_s=0.05, concurrency=1)
    assert "no answer within" in (await used(tool)).text
    assert "no answer within" in (await used(tool)).text, "there is no second thread"
    may_end.set()
    while threading.active_count() > 1 and any(each.name == "tool it" for each in threading.enumerate()):
        await asyncio.sleep(0)
    assert await used(tool) == Observation("true")


async def test_a_call_can_be_cancelled():
    may_end = threading.Event()
    task = asyncio.create_task(used(tool_of(may_end.wait)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()


def test_one_that_cannot_be_told_to_a_model_is_refused():
    with pytest.raises(UnfitFunction, match="words has no name"):
        tool_of(starless)


def test_it_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch):
    points = [
        EntryPoint("shout", "string:capwords", TOOL_GROUP),
        EntryPoint("gone", "no_such_module:f", TOOL_GROUP),
        EntryPoint("number", "string:digits", TOOL_GROUP),
    ]
    monkeypatch.setattr(
        functions, "entry_points", lambda group, name=None: [each for each in points if name in (None, each.name)]
    )
    assert load_function("shout")("a b") == "A B"
    for name, why in [
        ("gone", "cannot be imported"),
        ("number", "is no function"),
        ("other", "there is: gone, number, shout"),
    ]:
        with pytest.raises(UnfitFunction, match=why):
            load_function(name)
