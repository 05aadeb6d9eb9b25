"""From a request to its script: paths, faults, errors, echo, and the same bytes for the same question."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.mock.answers import Answers
from gossamer.mock.asked import Dialect
from gossamer.mock.incoming import Incoming
from gossamer.mock.plan import Settings
from gossamer.mock.render.raw import RAW_BODIES, RAW_STREAMS
from gossamer.mock.script import Ending, Script

HELLO = [{"role": "user", "content": "hello"}]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "mock", "messages": HELLO},
    "/v1/completions": {"model": "mock", "prompt": "hello"},
    "/v1/responses": {"model": "mock", "input": "hello"},
    "/v1/messages": {"model": "mock", "messages": HELLO, "max_tokens": 100},
}
DIALECTS = dict(zip(BODIES, Dialect, strict=True))
PATHS = pytest.mark.parametrize("path", BODIES)


@given(
    st.integers(0, 99),
    st.binary(min_size=1, max_size=40),
    st.sampled_from(list(BODIES)),
    st.booleans(),
    st.sampled_from(["", "cut", "malformed", "error-in-stream", "refusal", "no-done", "503"]),
)
def test_the_same_seed_and_id_give_the_same_bytes(seed, request_id, path, is_stream, fault):
    def script() -> Script:
        body = msgspec.json.encode({**BODIES[path], "stream": is_stream, "model": f"mock-{fault}"})
        headers = [(b"x-request-id", request_id)]
        incoming = Incoming(b"POST", path.encode(), headers, body)
        return Answers(Settings(seed=seed, gap_ms=1)).answer(incoming, 0.0).script

    assert script() == script()


@PATHS
def test_ids_are_in_every_event_and_differ_between_requests(ask, path):
    body = {**BODIES[path], "stream": True}
    one, same, other = (ask(path, body, x_request_id=name) for name in ("a", "a", "b"))
    assert one == same
    assert one.pieces != other.pieces


@PATHS
def test_a_model_is_named_as_it_was_asked_for(ask, path):
    name = 'a "model" of 100%\u2028\x7fid\x7f%(id)b'
    for is_stream in (False, True):
        script = ask(path, {**BODIES[path], "model": name, "stream": is_stream})
        assert script.status == 200
        assert b"100%" in script.pieces[0]
        assert b"%%" not in b"".join(script.pieces)


@PATHS
@pytest.mark.parametrize(
    ("fault", "status"),
    [("429", 429), ("429-always", 429), ("500", 500), ("500-once", 500), ("503", 503), ("401", 401), ("404", 404),
     ("400-context", 400), ("400-filter", 400)],
)  # fmt: skip
def test_refusals(ask, path, fault, status):
    script = ask(path, BODIES[path], x_mock_fault=fault)
    error = msgspec.json.decode(script.pieces[0])["error"]
    assert script.status == status
    assert error["message"]
    if path != "/v1/messages":
        assert set(error) == {"message", "type", "param", "code"}
    assert (b"retry-after: 1\r\n" in script.headers) is (status == 429)


@pytest.mark.parametrize(
    ("fault", "code"), [("400-context", "context_length_exceeded"), ("400-filter", "content_filter")]
)
def test_what_must_not_be_retried_says_so_by_its_code(ask, fault, code):
    script = ask("/v1/chat/completions", BODIES["/v1/chat/completions"], x_mock_fault=fault)
    assert msgspec.json.decode(script.pieces[0])["error"]["code"] == code


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ("429", [429, 200, 200]),
        ("429-always", [429, 429, 429]),
        ("500-once", [500, 200, 200]),
        ("500", [500, 500, 500]),
    ],
)
def test_what_strikes_once_strikes_the_first_attempt_of_an_id(ask, fault, statuses):
    answers = Answers(Settings())
    path = "/v1/chat/completions"
    for name in ("a", "b"):
        found = [ask(path, BODIES[path], answers=answers, x_request_id=name, x_mock_fault=fault) for _ in statuses]
        assert [script.status for script in found] == statuses


def test_an_outage_begins_and_ends(ask):
    path = "/v1/chat/completions"
    found = [ask(path, BODIES[path], age_s=age_s, x_mock_fault="outage:60:120") for age_s in (59.9, 60.0, 119.9, 120.0)]
    assert [script.status for script in found] == [200, 503, 503, 200]


@PATHS
@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize(("fault", "ending"), [("reset", Ending.RESET), ("hang", Ending.HANG), ("cut", Ending.CUT)])
def test_broken_ends(ask, path, is_stream, fault, ending):
    script = ask(path, {**BODIES[path], "stream": is_stream}, x_mock_fault=fault)
    assert script.ending is ending


def test_a_prefill_is_refused(ask):
    talk = [*HELLO, {"role": "assistant", "content": "{"}]
    body = {"model": "mock-prefill", "max_tokens": 9, "messages": talk}
    assert ask("/v1/messages", body).status == 400
    assert ask("/v1/messages", {**body, "messages": HELLO}).status == 200


@PATHS
def test_an_error_after_200_in_a_whole_answer(ask, path):
    script = ask(path, BODIES[path], x_mock_fault="error-in-stream")
    assert script.status == 200
    assert "error" in msgspec.json.decode(script.pieces[0])


@PATHS
def test_raw_answers_are_fixed_to_the_byte(ask, path):
    body = {**BODIES[path], "model": "mock-raw"}
    assert ask(path, {**body, "stream": True}).pieces == RAW_STREAMS[DIALECTS[path]]
    assert ask(path, body).pieces == (RAW_BODIES[DIALECTS[path]],)


@PATHS
def test_raw_answers_are_json_and_events_all_the_same(path):
    msgspec.json.decode(RAW_BODIES[DIALECTS[path]])
    text = b"".join(RAW_STREAMS[DIALECTS[path]]).decode().replace("\r\n", "\n")
    assert text.endswith("\n\n")
    for block in text.split("\n\n")[:-1]:
        lines = block.split("\n")
        data = "\n".join(line[5:].removeprefix(" ") for line in lines if line.startswith("data:"))
        assert data in {"", "[DONE]"} or msgspec.json.decode(data)


@PATHS
@pytest.mark.parametrize(
    "members",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"const": {"a": 1}}}}},
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": {"const": {"a": 1}}}}},
        {"output_config": {"format": {"type": "json_schema", "schema": {"const": {"a": 1}}}}},
    ],
)
def test_the_answer_obeys_its_schema(ask, path, members):
    own = {"/v1/chat/completions": "response_format", "/v1/responses": "text", "/v1/messages": "output_config"}
    script = ask(path, {**BODIES[path], **members})
    assert script.status == 200
    assert (b'{\\"a\\":1}' in script.pieces[0]) is (own.get(path) in members)


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b'{"a" : 1.50}'])
def test_echo_gives_back_the_bytes(ask, body):
    assert ask("/v1/echo", body, content_type="x/y").pieces == (body,)
    script = ask("/v1/chat/completions", body, x_mock_echo="1", content_type="x/y")
    assert script.pieces == (body,)
    assert script.headers == b"content-type: x/y\r\n"


def test_echo_gives_back_the_head():
    raw = b"GET /v1/echo/headers HTTP/1.1\r\nX-Odd:   spaced\r\n\r\n"
    headers = [(b"x-odd", b"spaced")]
    answers = Answers(Settings())
    over_wire = answers.answer(Incoming(b"GET", b"/v1/echo/headers", headers, b"", raw), 0.0).script
    assert over_wire.pieces == (raw,)
    within = answers.answer(Incoming(b"GET", b"/v1/echo/headers", headers, b""), 0.0).script
    assert within.pieces == (b"GET /v1/echo/headers HTTP/1.1\r\nx-odd: spaced\r\n\r\n",)


@pytest.mark.parametrize(
    ("method", "path"),
    [(b"GET", "/v1/chat/completions"), (b"POST", "/v1/sing"), (b"GET", "/"), (b"POST", "/v1/models")],
)
def test_other_paths_are_not_found(ask, method, path):
    script = ask(path, method=method)
    assert script.status == 404
    assert f"({method.decode()} {path})" in msgspec.json.decode(script.pieces[0])["error"]["message"]


def test_a_query_does_not_change_the_path(ask):
    assert ask("/v1/messages?beta=true", BODIES["/v1/messages"]).status == 200


@pytest.mark.parametrize("path", [*BODIES, "/v1/embeddings", "/v1/messages/count_tokens"])
def test_a_body_that_is_no_question_is_refused_in_the_dialect(ask, path):
    script = ask(path, b"{}")
    body = msgspec.json.decode(script.pieces[0])
    assert script.status == 400
    assert (body.get("type") == "error") is path.startswith("/v1/messages")


def test_orders_that_make_no_sense_are_refused(ask):
    script = ask("/v1/chat/completions", BODIES["/v1/chat/completions"], x_mock_fault="flood")
    assert script.status == 400
    assert msgspec.json.decode(script.pieces[0])["error"]["param"] == "x-mock-fault"


@pytest.mark.parametrize("members", [{"dimensions": 0}, {"dimensions": 10**6}, {"input": []}, {"input": {"a": 1}}])
def test_embeddings_that_no_provider_would_make(ask, members):
    assert ask("/v1/embeddings", {"model": "mock", "input": "hi", **members}).status == 400


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/files", "/v1/echo"])
@pytest.mark.parametrize("fault", ["503", "429"])
def test_faults_strike_all_paths(ask, path, fault):
    body = {"model": f"mock-{fault}", "input": "hi"}
    assert ask(path, body).status == int(fault)
    assert ask(path, {**body, "model": "m"}, x_mock_fault=fault).status == int(fault)
    assert ask("/v1/models/mock-503", method=b"GET").status == 503


@pytest.mark.parametrize(("gap_ms", "stamp", "is_one"), [(0, "0", True), (1, "0", False), (0, "1", False)])
@PATHS
def test_events_are_joined_only_where_nobody_counts_them(ask, path, gap_ms, stamp, is_one):
    script = ask(path, {**BODIES[path], "stream": True}, x_mock_gap_ms=gap_ms, x_mock_stamp=stamp)
    assert (len(script.pieces) == 1) is is_one
    assert all(piece.endswith(b"\n\n") and (is_one or piece.count(b"\n\n") == 1) for piece in script.pieces)


def test_long_answers_are_not_kept(ask):
    path = "/v1/chat/completions"
    script = ask(path, {**BODIES[path], "stream": True}, x_mock_tokens=2000, x_mock_gap_ms=1)
    assert len(script.pieces) == 2003


def test_what_came_is_in_the_ledger(ask):
    answers = Answers(Settings())
    path = "/v1/chat/completions"
    for _ in range(3):
        ask(path, BODIES[path], answers=answers, x_request_id="a")
    entry = answers.ledger.find(b"a")
    assert entry is not None
    assert (entry.attempts, entry.model, entry.outcome) == (3, "mock", "open")


def test_a_prompt_orders_where_the_mock_is_told_to_obey_it(ask):
    path = "/v1/chat/completions"
    asked = {"model": "mock", "messages": [{"role": "user", "content": "[mock 7 fault=500]"}]}
    obeying = Answers(Settings(reads_text=True))
    assert ask(path, asked, answers=obeying).status == 500
    assert obeying.ledger.find(b"7") is not None
    assert ask(path, asked, answers=Answers(Settings())).status == 200
