"""What nobody must change is not changed: bodies arrive at the provider, and answers at the client, byte for byte."""

from collections.abc import Iterator

import pytest

from gossamer.mock.asked import Dialect
from gossamer.mock.render.files import file_content
from gossamer.mock.render.raw import RAW_BODIES, RAW_STREAMS
from tests.system.gateway import Gateway
from tests.system.raw import Answer, Raw, head

ODD = (
    b'\r\n { "\\u006dodel" :\t"%b" ,"messages":[ {"content":"Sp\\u00efder \\ud83d\\udd77 \xc3\xaf \\/"}, {} ],\n'
    b'"seed":123456789012345678901234567890, "temperature" : 1.50e+0, "top_p":-0, "stop":[],"user":null,'
    b'"MODEL":"one","Model":"two", "model ":"three"  ,"mode\\u006c2":"four", "\\"model\\"":"five", "":[[[{}]]],'
    b'"x_new":{"model":"six","model":"seven","stream":true},\t"\xf0\x9f\x95\xb7":"\\u0000","prompt":"",'
    b'"store": false,"input":"%b"}\n\n'
)
"""Valid JSON as no machine writes it, for every dialect at once; `%b` is a model, and its name where it is none.

A response that is to be kept is the gateway's own to tell: this one is not."""

EVERY_BYTE = bytes(range(256)) * 40
FORM = (
    b'--B\r\ncontent-disposition: form-data; name="model"\r\n\r\n%b\r\n--B\r\n'
    b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n%b\r\n--B--\r\n'
)

DIALECTS = {
    Dialect.CHAT: "/v1/chat/completions",
    Dialect.COMPLETIONS: "/v1/completions",
    Dialect.RESPONSES: "/v1/responses",
    Dialect.MESSAGES: "/v1/messages",
}
WITH_MODEL = [*DIALECTS.values(), "/v1/embeddings"]
by_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.value)


def odd(model: bytes) -> bytes:
    return ODD % (model, b"house")


@pytest.fixture
def raw(served: Gateway) -> Iterator[Raw]:
    with Raw(served) as raw:
        yield raw


def arrived(answer: Answer) -> bytes:
    """The body that an echo says it was sent."""
    assert answer.status == 200, answer.body
    return answer.body


# --- up: what the client writes is what the provider reads ---


@pytest.mark.parametrize("path", [*WITH_MODEL, "/v1/echo"])
@pytest.mark.parametrize("model", [b"mock", b"mo\\u0063k"])
def test_a_body_that_asks_by_the_providers_own_name_arrives_as_it_is(raw: Raw, path: str, model: bytes):
    assert arrived(raw.post(path, odd(model), x_mock_echo="1")) == odd(model)


@pytest.mark.parametrize("path", WITH_MODEL)
@pytest.mark.parametrize("alias", [b"house", b"hou\\u0073\\u0065"])
def test_an_alias_is_the_only_thing_that_changes(raw: Raw, path: str, alias: bytes):
    assert arrived(raw.post(path, odd(alias), x_mock_echo="1")) == odd(b"mock")


@pytest.mark.parametrize("space", [b"", b" "])
def test_an_alias_is_the_only_thing_that_changes_in_what_machines_write(raw: Raw, space: bytes):
    body = b'{"model":~"%b",~"seed":~12345678901234567890,~"x":~"\\u0073\xc3\xaf"}'.replace(b"~", space)
    assert arrived(raw.post("/v1/chat/completions", body % b"house", x_mock_echo="1")) == body % b"mock"


def test_a_stream_that_asks_for_its_usage_is_asked_as_it_is(raw: Raw):
    body = b'{ "model":"mock","stream" : true, "stream_options":{ "x_new":1,"include_usage" :true } ,"messages":[]}'
    assert arrived(raw.post("/v1/chat/completions", body, x_mock_echo="1")) == body


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (
            b'{ "model":"mock","stream" : true }',
            b'{ "model":"mock","stream" : true ,"stream_options":{"include_usage":true}}',
        ),
        (
            b'{"stream_options":{ "x_new" :1.0 }, "stream":true,"model":"house"}\n',
            b'{"stream_options":{ "x_new" :1.0 ,"include_usage":true}, "stream":true,"model":"mock"}\n',
        ),
        (
            b'{"stream_options":{"include_usage" : false},"stream":true, "model":"mock"}',
            b'{"stream_options":{"include_usage" : true},"stream":true, "model":"mock"}',
        ),
    ],
)
def test_a_stream_that_does_not_is_asked_for_its_usage_and_nothing_else(raw: Raw, asked: bytes, sent: bytes):
    assert arrived(raw.post("/v1/chat/completions", asked, x_mock_echo="1")) == sent


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages"])
def test_streams_that_tell_their_usage_by_themselves_are_asked_as_they_are(raw: Raw, path: str):
    body = b'{"stream":true , "store":false, "model":"mock"}'
    assert arrived(raw.post(path, body, x_mock_echo="1")) == body


@pytest.mark.parametrize("body", [b"", b"\0\xff\xfe no JSON", b'"model"', b'[{"model":"house"}]', b"{}", b"--x\r\n"])
@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", "text/plain", "audio/wav", None])
def test_where_no_model_is_needed_anything_goes_through(raw: Raw, body: bytes, kind: str | None):
    begin = head("POST", "/v1/echo?a=%20b&c", len(body), content_type=kind)
    assert arrived(raw.ask(begin + body)) == body


def test_an_upload_of_any_kind_goes_through_as_it_comes(raw: Raw):
    begin = head("POST", "/v1/echo", len(EVERY_BYTE), content_type="audio/wav", expect="100-continue")
    assert arrived(raw.ask_invited(begin, EVERY_BYTE)) == EVERY_BYTE


@pytest.mark.parametrize("is_invited", [True, False])
def test_a_form_goes_through_as_it_is(raw: Raw, is_invited: bool):
    form = FORM % (b"mock", EVERY_BYTE)
    kind = 'multipart/form-data; boundary="B"'
    if is_invited:
        begin = head(
            "POST", "/v1/audio/transcriptions", len(form), content_type=kind, x_mock_echo="1", expect="100-continue"
        )
        answer = raw.ask_invited(begin, form)
    else:
        begin = head("POST", "/v1/audio/transcriptions", len(form), content_type=kind, x_mock_echo="1")
        answer = raw.ask(begin + form)
    assert arrived(answer) == form


def test_a_form_may_ask_by_an_alias(raw: Raw):
    form = FORM % (b"house", b"silk")
    begin = head(
        "POST", "/v1/audio/transcriptions", len(form), content_type="multipart/form-data; boundary=B", x_mock_echo="1"
    )
    assert arrived(raw.ask(begin + form)) == FORM % (b"mock", b"silk")


def test_a_body_in_many_pieces_arrives_whole(raw: Raw):
    body = odd(b"house")
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    by_length = raw.ask(head("POST", "/v1/chat/completions", len(body), x_mock_echo="1"), *pieces)
    chunks = [b"%x;x=y\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    begin = head("POST", "/v1/chat/completions", None, x_mock_echo="1", transfer_encoding="chunked")
    in_chunks = raw.ask(begin, *chunks, b"0\r\nx-trailer: 1\r\n\r\n")
    assert arrived(by_length) == arrived(in_chunks) == odd(b"mock")


def test_a_large_body_arrives_whole_and_comes_back(raw: Raw):
    text = b"Sp\xc3\xafder \\ud83d\\udd77 " * 200_000
    body = b'{"messages":[{"content":"%b"}], "model":"%b"}'
    answer = raw.post("/v1/chat/completions", body % (text, b"house"), x_mock_echo="1")
    assert arrived(answer) == body % (text, b"mock")


def test_a_member_that_is_there_twice_is_refused(raw: Raw):
    """Two readers of it could see two different models."""
    for twice in (
        b'{"model":"mock","model":"house"}',
        b'{"model":"mock","mode\\u006c":"mock"}',
        b'{"a":1,"model":"mock","a":1}',
    ):
        answer = raw.post("/v1/chat/completions", twice, x_mock_echo="1")
        assert answer.status == 400
        assert b"twice" in answer.body


# --- down: what the provider writes is what the client reads ---


@by_dialect
def test_an_answer_comes_back_as_it_is(raw: Raw, dialect: Dialect):
    answer = raw.post(DIALECTS[dialect], ASKED[dialect])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body == RAW_BODIES[dialect]


@by_dialect
def test_a_stream_comes_back_as_it_is(raw: Raw, dialect: Dialect):
    """Comments, unknown events and fields, CRLF, data in several lines: all of it."""
    answer = raw.post(
        DIALECTS[dialect], ASKED[dialect][:-1] + b',"stream":true,"stream_options":{"include_usage":true}}'
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.body == b"".join(RAW_STREAMS[dialect])


def test_only_usage_that_was_not_asked_for_is_taken_out(raw: Raw):
    whole = b"".join(RAW_STREAMS[Dialect.CHAT])
    start = whole.rindex(b"data: {")
    end = whole.index(b"data: [DONE]")
    assert b'"choices":[],"usage":{' in whole[start:end]
    answer = raw.post("/v1/chat/completions", ASKED[Dialect.CHAT][:-1] + b',"stream":true}')
    assert answer.body == whole[:start] + whole[end:]


def test_a_download_comes_back_as_it_is(raw: Raw):
    assert raw.get("/v1/files/file-spider/content").body == file_content(b"file-spider")


def test_a_refusal_of_the_provider_comes_back_as_it_is(raw: Raw, served: Gateway):
    answer = raw.post("/v1/chat/completions", b'{"model":"mock-400-context","messages":[{"role":"user"}]}')
    assert answer.status == 400
    assert answer.body == (
        b'{"error":{"message":"This model\'s maximum context length is 8192 tokens. Please reduce the length of the '
        b'messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}'
    )


ASKED = {
    Dialect.CHAT: b'{"model":"mock-raw","messages":[{"role":"user","content":"Hello"}]}',
    Dialect.COMPLETIONS: b'{"model":"mock-raw","prompt":"Hello"}',
    Dialect.RESPONSES: b'{"model":"mock-raw","store":false,"input":"Hello"}',
    Dialect.MESSAGES: b'{"model":"mock-raw","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}',
}
