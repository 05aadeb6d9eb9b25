"""Which headers travel, up and down: what the gateway says of itself, whose keys stay where, what ends at each hop."""

import re
import socketserver
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from gossamer.pipeline import TIMING
from tests.system.gateway import PROVIDER_KEY, TOKEN, Gateway, standard_config, start_gateway
from tests.system.raw import Answer, Raw
from tests.system.state import State

CHAT = "/v1/chat/completions"
HELLO = b'{"model":"mock","messages":[{"role":"user","content":"Hello"}]}'
STREAMED = HELLO[:-1] + b',"stream":true}'
ENTRY = re.compile(r"(\w+);dur=(\d+\.\d{3})")
ROUNDING_MS = 0.001
"""Each figure is cut to microseconds."""

PROVIDERS_ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: application/json\r\n"
    b"Connection: keep-alive, X-Hop\r\n"
    b"X-Hop: of this connection\r\n"
    b"Keep-Alive: timeout=5\r\n"
    b"Proxy-Authenticate: Basic\r\n"
    b"Trailer: Expires\r\n"
    b"Upgrade: h2c\r\n"
    b"Set-Cookie: session=1\r\n"
    b"Alt-Svc: h3\r\n"
    b"Strict-Transport-Security: max-age=1\r\n"
    b"Server-Timing: theirs;dur=1\r\n"
    b"X-Gossamer-Target: a lie\r\n"
    b"X-Request-ID: req_theirs\r\n"
    b"OpenAI-Processing-Ms: 12\r\n"
    b"X-RateLimit-Remaining-Requests: 99\r\n"
    b"Warning: 199 - one\r\n"
    b"Warning: 199 - two\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)


@pytest.fixture
def raw(served: Gateway) -> Iterator[Raw]:
    with Raw(served) as raw:
        yield raw


class Talkative(socketserver.StreamRequestHandler):
    """A provider that says more than it should."""

    def handle(self) -> None:
        while self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            self.rfile.read(len(HELLO))
            self.wfile.write(PROVIDERS_ANSWER)


@pytest.fixture
def before_talkative(tmp_path) -> Iterator[Raw]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talkative) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = standard_config(f"http://127.0.0.1:{server.server_address[1]}")
        with start_gateway(tmp_path, config) as gateway, Raw(gateway) as raw:
            yield raw
        server.shutdown()


def timings(answer: Answer) -> dict[str, float]:
    text = answer.headers["server-timing"]
    found = ENTRY.findall(text)
    assert ", ".join(f"{name};dur={duration}" for name, duration in found) == text
    return {name: float(duration) for name, duration in found}


# --- what the gateway says of itself ---


@pytest.mark.parametrize("body", [HELLO, STREAMED])
def test_every_stage_has_its_time_and_together_they_are_the_total(raw: Raw, body: bytes):
    answer = raw.post(CHAT, body)
    spent = timings(answer)
    total = spent.pop("total")
    assert tuple(spent) == TIMING.names
    assert 0 <= total - sum(spent.values()) <= ROUNDING_MS * (len(spent) + 1)
    overhead = float(answer.headers["x-gossamer-overhead-ms"])
    assert overhead == pytest.approx(total - spent["provider"], abs=2.5 * ROUNDING_MS)


def test_an_answer_says_who_gave_it_and_how_often_was_asked(raw: Raw, served: Gateway, over_http: Gateway):
    for body in (HELLO, STREAMED, HELLO.replace(b'"mock"', b'"house"')):
        answer = raw.post(CHAT, body)
        assert answer.headers["x-gossamer-target"] == ("up/mock" if served is over_http else "mock/mock")
        assert answer.headers["x-gossamer-attempts"] == "1"


@pytest.mark.parametrize("body", [HELLO, STREAMED, b"no JSON"])
def test_the_clients_own_request_id_comes_back_and_is_in_the_journal(raw: Raw, served: Gateway, body: bytes):
    mine = uuid4().hex
    assert raw.post(CHAT, body, x_request_id=mine).headers["x-request-id"] == mine
    assert served.record_of(mine).path == CHAT


@pytest.mark.parametrize("unfit", ["", "two words", "x" * 129, "sp\xefder"])
def test_a_request_without_a_fit_id_gets_one(raw: Raw, unfit: str):
    shown = [raw.post(CHAT, HELLO, x_request_id=unfit).headers["x-request-id"] for _ in range(2)]
    assert all(each.startswith("req_") for each in shown)
    assert len(set(shown)) == 2


def test_a_refusal_says_how_far_it_came(raw: Raw):
    answer = raw.post(CHAT, HELLO, authorization="Bearer gsm_nobody")
    assert answer.status == 401
    assert tuple(timings(answer)) == ("queue", "identify", "authenticate", "total")
    assert "x-gossamer-target" not in answer.headers
    assert "x-gossamer-attempts" not in answer.headers
    assert answer.headers["x-request-id"]


# --- keys ---


@pytest.mark.parametrize("own", [{}, {"authorization": None, "x_api_key": TOKEN}])
def test_the_clients_key_stays_here_and_the_providers_goes_up(
    raw: Raw, served: Gateway, over_http: Gateway, own: dict[str, str | None]
):
    echoed = raw.get("/v1/echo/headers", **own)
    assert echoed.status == 200
    assert TOKEN.encode() not in echoed.body
    if served is over_http:
        assert f"\r\nauthorization: Bearer {PROVIDER_KEY}\r\n".encode() in echoed.body


def test_no_key_is_in_the_journal_nor_in_the_log(raw: Raw, served: Gateway):
    mine = uuid4().hex
    raw.post(CHAT, HELLO, x_request_id=mine)
    assert served.record_of(mine).key == "test"
    journal = b"".join(path.read_bytes() for path in (served.data_dir / "journal").iterdir())
    assert mine.encode() in journal
    for key in (TOKEN, PROVIDER_KEY):
        assert key.encode() not in journal
        assert key not in served.log + served.out


# --- what ends at each hop ---


def test_what_speaks_of_the_clients_own_house_does_not_go_up(raw: Raw, served: Gateway, over_http: Gateway):
    echoed = raw.get(
        "/v1/echo/headers",
        connection="keep-alive, x-hop",
        x_hop="1",
        keep_alive="timeout=5",
        te="trailers",
        proxy_authorization="Basic x",
        upgrade="h2c",
        cookie="session=1",
        x_api_key=TOKEN,
        api_key=TOKEN,
        x_forwarded_for="10.0.0.1",
        forwarded="for=10.0.0.1",
        x_real_ip="10.0.0.1",
        via="1.1 house",
        x_gossamer_provider="up" if served is over_http else "mock",
        x_gossamer_anything="1",
        x_agent_id=State(served.data_dir / "state.db").add_agent(),
        x_session_id="s",
        x_request_id="mine",
        x_new="kept",
        openai_organization="org-kept",
        user_agent="spider/1",
        accept_encoding="br",
        content_type="application/json",
    )
    assert echoed.status == 200
    lines = dict(line.split(b": ", 1) for line in echoed.body.strip().split(b"\r\n")[1:])
    assert lines.pop(b"host", b"127.0.0.1").startswith(b"127.0.0.1")
    assert lines.pop(b"authorization", None) in (f"Bearer {PROVIDER_KEY}".encode(), None)
    assert lines == {
        b"x-new": b"kept",
        b"openai-organization": b"org-kept",
        b"user-agent": b"spider/1",
        b"accept-encoding": b"br",
        b"content-type": b"application/json",
        b"x-request-id": b"mine",
    }


def test_what_speaks_of_the_providers_house_does_not_come_down(before_talkative: Raw):
    for _ in range(2):  # the second answer has a head that is known already
        answer = before_talkative.post(CHAT, HELLO, x_request_id="mine", x_session_id="talk")
        assert answer.body == b"{}"
        ours = {"server-timing": answer.headers["server-timing"]}
        ours["x-gossamer-overhead-ms"] = answer.headers["x-gossamer-overhead-ms"]
        assert "theirs" not in ours["server-timing"]
        assert answer.fields == [
            ("content-type", "application/json"),
            ("x-upstream-request-id", "req_theirs"),
            ("openai-processing-ms", "12"),
            ("x-ratelimit-remaining-requests", "99"),
            ("warning", "199 - one"),
            ("warning", "199 - two"),
            *ours.items(),
            ("x-request-id", "mine"),
            ("x-session-id", "talk"),
            ("x-gossamer-target", "up/mock"),
            ("x-gossamer-attempts", "1"),
            ("content-length", "2"),
        ]
