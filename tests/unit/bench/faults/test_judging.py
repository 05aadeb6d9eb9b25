"""That a broken promise is seen: each case is one answer, its books, and what is said of it."""

import pytest

from gossamer.bench.faults.asking import Answer
from gossamer.bench.faults.books import Record, Visits
from gossamer.bench.faults.cases import Case, Fault, Shape
from gossamer.bench.faults.judging import Cell, broken_promises
from gossamer.bench.faults.story import read_story

FAULT = Fault("8", "cut", "a cut", "cut:40")
STREAM, JSON = {"content-type": "text/event-stream"}, {"content-type": "application/json"}
ERROR = b'data: {"error":{"code":"provider_unavailable"}}\n\n'
STOP = b'data: {"id":"a","choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"id":"a","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":60}}\n\n'
DONE = b"data: [DONE]\n\n"
WHOLE = (
    b'{"id":"a","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],'
    + USAGE[len(b'data: {"id":"a","choices":[],') :].strip()
)
GONE = b'{"error":{"code":"provider_unavailable"}}'
ONCE, NEVER = Visits(1, "finished", 200), Visits()
BILL = 10 * 1000 + 60 * 2000


def words(count: int, answer: str = "a") -> bytes:
    return b'data: {"id":"%b","choices":[{"delta":{"content":"w"}}]}\n\n' % answer.encode() * count


def record(cost_nanos: int | None = BILL, target: str = "cut/mock-cut:40") -> Record:
    return Record("one-cut", 200, "completed", target, cost_nanos=cost_nanos)


def broken(
    body: bytes,
    *records: Record,
    status: int = 200,
    is_whole: bool = True,
    first: Visits = ONCE,
    second: Visits = NEVER,
) -> list[str]:
    is_stream = body.startswith(b"data:")
    shape: Shape = "stream" if is_stream else "JSON"
    answer = Answer(status, STREAM if is_stream else JSON, body, is_whole, 0.0, 0.0)
    return list(broken_promises(Cell(Case(FAULT, shape, 2), answer, read_story(answer), records, first, second)))


CUT = words(40) + ERROR
CUT_BILL = 12 * 1000 + 40 * 2000
SECOND = record(10 * 3000 + 60 * 5000, "second/mock")
FAILED = Visits(1, "finished", 503)


@pytest.mark.parametrize(
    "seen",
    [
        broken(words(60) + STOP + USAGE + DONE, record()),
        broken(words(60) + STOP + USAGE, record()),
        broken(WHOLE, record()),
        broken(CUT, record(CUT_BILL), is_whole=False),
        broken(GONE, record(0), status=502),
        broken(GONE, record(None), status=502),
        broken(words(59) + b"data: {half\n\n" + STOP + USAGE + DONE, record()),
        broken(b'{"id":"a","cho', record(None)),
        broken(WHOLE, SECOND, first=FAILED, second=ONCE),
    ],
)
def test_what_is_promised_is_kept(seen: list[str]):
    assert seen == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (broken(words(40), record(CUT_BILL)), "a silent end: neither the whole answer nor an error"),
        (broken(b"", record(0)), "a silent end: neither the whole answer nor an error"),
        (broken(b"", record(0), status=0), "no answer at all"),
        (broken(b"{}", record(0), status=502), "a 502 without a reason"),
        (
            broken(words(60) + STOP + USAGE + DONE, record(), is_whole=False),
            "the answer is whole, and its connection broke off",
        ),
        (
            broken(words(20) + words(40, "b") + STOP + USAGE + DONE, record()),
            "a double answer: 60 tokens of 2 answers",
        ),
        (broken(WHOLE, SECOND, second=ONCE), "both targets generated an answer"),
        (broken(WHOLE, record(), record()), "2 records of one request"),
        (broken(WHOLE), "0 records of one request"),
        (broken(WHOLE, record(2 * BILL)), "billed 260000 nano-dollars, and 130000 were used"),
        (broken(WHOLE, record(None)), "billed 0 nano-dollars, and 130000 were used"),
        (
            broken(WHOLE, record(), first=FAILED, second=ONCE),
            "the second target answered, and cut/mock-cut:40 is in the record",
        ),
        (broken(CUT, record(0)), "billed 0 nano-dollars for 40 tokens that went out"),
        (broken(CUT, record(200_000)), "billed 200000 nano-dollars for 40 tokens that went out"),
        (broken(GONE, record(7), status=502), "billed 7 nano-dollars for no answer"),
    ],
)
def test_what_is_broken_is_said(seen: list[str], said: str):
    assert seen == [said]
