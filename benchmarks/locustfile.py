"""Locust's users of a gateway, by tag: stress, react, agents, switchover, registration. Zero failures is what is asked.

    gossamer mock --port 9101 --ttft 10          # the provider, and `models:` of your gateway on it
    locust -f benchmarks/locustfile.py --headless -u 50 -r 10 -t 1m --host http://127.0.0.1:8080 --tags stress

`GATEWAY_TOKEN` is a key of the gateway's. `GATEWAY_MODEL` is a plain model; `GATEWAY_ALIAS` a name that stands for a
tier of models. Registration asks POST /v1/auth/register, which `auth.registration: open` must allow.
`GATEWAY_AGENT` is an agent, such as `standard_agent` of gossamer.agents.yaml: ReActUser asks it. Without one, ReActUser
plays both parts of an agent's turn itself, with the two requests to a model that one step with a tool takes.
`GATEWAY_AGENTS` are agents, with commas between: AgentsUser asks each of them as chats, responses and messages, whole
and streamed. Left out, those of gossamer.agents.yaml.
"""

import os
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from locust import HttpUser, constant, events, tag, task

TOKEN = os.environ.get("GATEWAY_TOKEN", "")
MODEL = os.environ.get("GATEWAY_MODEL", "mock")
ALIAS = os.environ.get("GATEWAY_ALIAS", MODEL)
AGENT = os.environ.get("GATEWAY_AGENT", "")
AGENTS = os.environ.get("GATEWAY_AGENTS", "standard_agent,coding_agent,mock_agent").split(",")
CHAT = "/v1/chat/completions"
TOOL = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Looks something up.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}


@events.init.add_listener
def leave_out_who_has_no_task(environment: Any, **_: Any) -> None:
    """With `--tags` Locust would start the other users too, and each would fail for want of a task."""
    wanted = set(environment.parsed_options.tags or ()) if environment.parsed_options else set()
    if wanted:
        environment.user_classes = [each for each in environment.user_classes if _tags_of(each) & wanted]


def _tags_of(user: type[HttpUser]) -> set[str]:
    return {name for each in user.tasks for name in getattr(each, "locust_tag_set", ())}


class Caller(HttpUser):
    """Someone with a key, who asks again as soon as there is an answer."""

    abstract = True
    wait_time = constant(0)

    def ask(self, name: str, **members: Any) -> Any:
        """The message of an answer, or None after a failure that Locust has counted."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with self.client.post(CHAT, json=members, headers=headers, name=name, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                return None
            body = answer.json()
            if "error" in body or not body.get("choices"):
                answer.failure(f"200 without an answer: {answer.text[:200]}")
                return None
            return body["choices"][0]["message"]


class StressUser(Caller):
    """A plain model, as fast as it goes."""

    @tag("stress")
    @task
    def plain(self) -> None:
        message = self.ask("plain model", model=MODEL, messages=[{"role": "user", "content": "Hello"}])
        if message is not None and not message.get("content"):
            self.environment.events.user_error.fire(user_instance=self, exception=ValueError("no words"), tb=None)


class ReActUser(Caller):
    """One step with a tool: the model asks for it, hears what came of it, and answers."""

    @tag("react")
    @task
    def step(self) -> None:
        messages = [{"role": "user", "content": "What is the weather like in Lisbon?"}]
        if AGENT:
            self.ask("react: agent", model=AGENT, messages=messages)
            return
        thought = self.ask("react: thought", model=MODEL, messages=messages, tools=[TOOL], tool_choice="required")
        if thought is None:
            return
        calls = thought.get("tool_calls") or []
        messages.append(thought)
        messages += [{"role": "tool", "tool_call_id": call["id"], "content": "22 degrees, clear"} for call in calls]
        name = "react: answer" if calls else "react: no tool was asked for"
        self.ask(name, model=MODEL, messages=messages, tools=[TOOL])


class AgentsUser(HttpUser):
    """Each agent in each dialect. A stream must come to its end, and there must be an answer for a plain client."""

    wait_time = constant(0)

    @tag("agents")
    @task
    def chat(self) -> None:
        self.ask_all("chat", CHAT, {"messages": [{"role": "user", "content": "Hello"}]}, b"data: [DONE]", said_in_chat)

    @tag("agents")
    @task
    def responses(self) -> None:
        self.ask_all("responses", "/v1/responses", {"input": "Hello"}, b"event: response.completed", said_in_response)

    @tag("agents")
    @task
    def messages(self) -> None:
        asked = {"max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
        self.ask_all("messages", "/v1/messages", asked, b"event: message_stop", said_in_message)

    def ask_all(self, dialect: str, path: str, asked: dict[str, Any], last: bytes, said: Callable[[Any], str]) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for agent in AGENTS:
            for is_stream in (False, True):
                name = f"{agent}: {dialect}{', streamed' if is_stream else ''}"
                body = {**asked, "model": agent, "stream": is_stream}
                with self.client.post(path, json=body, headers=headers, name=name, catch_response=True) as answer:
                    if answer.status_code != 200:
                        answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                    elif is_stream and last not in answer.content:
                        answer.failure(f"a stream without its end: {answer.text[-200:]}")
                    elif not is_stream and not said(answer.json()):
                        answer.failure(f"no words: {answer.text[:200]}")


def said_in_chat(body: Any) -> str:
    return str(body["choices"][0]["message"]["content"] or "")


def said_in_response(body: Any) -> str:
    return "".join(part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"])


def said_in_message(body: Any) -> str:
    return "".join(block["text"] for block in body["content"] if block["type"] == "text")


class SwitchoverUser(Caller):
    """An alias: who answers may change from one request to the next, and nobody notices."""

    @tag("switchover")
    @task
    def alias(self) -> None:
        self.ask("alias", model=ALIAS, messages=[{"role": "user", "content": "Hello"}])


class RegisteringUser(HttpUser):
    """Somebody new, each time.

    From one address the gateway lets ten in at once and then one a minute. Being told to wait is its promise and no
    failure; whoever is told so waits.
    """

    pause_s = 1.0

    def wait_time(self) -> float:
        """Asked by Locust."""
        return self.pause_s

    @tag("registration")
    @task
    def register(self) -> None:
        body = {"email": f"user-{uuid4().hex}@example.com", "password": uuid4().hex}
        with self.client.post("/v1/auth/register", json=body, name="register", catch_response=True) as answer:
            told_to_wait = answer.headers.get("Retry-After") if answer.status_code == 429 else None
            self.pause_s = float(told_to_wait or 1)
            if told_to_wait:
                answer.success()
            elif answer.status_code not in (200, 201):
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
