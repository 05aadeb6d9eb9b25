"""A conversation with a tool, by LangChain's own clients, against the gateway at the URL that is given.

    python by_langchain.py URL TOKEN      prints a line of JSON for each client and way

Runs in an environment of its own and imports nothing of ours.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool  # type: ignore[untyped-decorator]  # the package is not there where types are checked
def tell_weather(city: str, days: int) -> str:
    """The weather of a city in the coming days."""
    return f"Rain in {city} for {days} days."


def clients(url: str, token: str) -> Iterator[tuple[str, BaseChatModel]]:
    openai: dict[str, Any] = {"model": "mock", "base_url": f"{url}/v1", "api_key": token, "stream_usage": True}
    yield "chat", ChatOpenAI(**openai, use_responses_api=False)
    yield "responses", ChatOpenAI(**openai, use_responses_api=True)
    yield "messages", ChatAnthropic(model="mock", base_url=url, api_key=token, max_tokens=500)


def say(llm: Any, messages: list[Any], *, streamed: bool) -> Any:
    """The next message; of a stream the sum of its chunks, as LangChain adds them up."""
    if not streamed:
        return llm.invoke(messages)
    whole = None
    for chunk in llm.stream(messages):
        whole = chunk if whole is None else whole + chunk
    return whole


def talk(llm: BaseChatModel, *, streamed: bool) -> dict[str, Any]:
    bound = llm.bind_tools([tell_weather])
    messages: list[Any] = [HumanMessage("Will it rain in Graz?")]
    asked = say(bound, messages, streamed=streamed)
    (call,) = asked.tool_calls
    messages += [asked, ToolMessage(tell_weather.invoke(call["args"]), tool_call_id=call["id"])]
    told = say(bound, messages, streamed=streamed)
    usage = told.usage_metadata
    return {"tool": call["name"], "arguments": call["args"], "text": text_of(told), "output": usage["output_tokens"]}


def text_of(message: Any) -> str:
    content = message.content
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def main(url: str, token: str) -> None:
    for dialect, llm in clients(url, token):
        for streamed in (False, True):
            print(json.dumps({"dialect": dialect, "streamed": streamed, **talk(llm, streamed=streamed)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
