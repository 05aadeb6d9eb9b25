"""A conversation with a tool, by LlamaIndex's own clients and its agent, against the gateway at the URL that is given.

    python by_llama_index.py URL TOKEN      prints a line of JSON for each client and way

Runs in an environment of its own and imports nothing of ours.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai import OpenAI, OpenAIResponses


class Weather:
    """A tool that remembers how it was called."""

    def __init__(self) -> None:
        self.arguments: dict[str, Any] | None = None

    def tell_weather(self, city: str, days: int) -> str:
        """The weather of a city in the coming days."""
        self.arguments = {"city": city, "days": days}
        return f"Rain in {city} for {days} days."


def clients(url: str, token: str) -> Iterator[tuple[str, FunctionCallingLLM]]:
    openai: dict[str, Any] = {"model": "gpt-4o-mini", "api_base": f"{url}/v1", "api_key": token}
    yield "chat", OpenAI(**openai)
    yield "responses", OpenAIResponses(**openai)
    yield "messages", Anthropic(model="claude-haiku-4-5", base_url=url, api_key=token, max_tokens=500)


async def talk(llm: FunctionCallingLLM, *, streamed: bool) -> dict[str, Any]:
    weather = Weather()
    agent = FunctionAgent(tools=[weather.tell_weather], llm=llm, streaming=streamed)
    told = await agent.run("Will it rain in Graz?")
    (call,) = told.tool_calls
    return {"tool": call.tool_name, "arguments": weather.arguments, "text": str(told)}


async def main(url: str, token: str) -> None:
    for dialect, llm in clients(url, token):
        for streamed in (False, True):
            said = await talk(llm, streamed=streamed)
            print(json.dumps({"dialect": dialect, "streamed": streamed, **said}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
