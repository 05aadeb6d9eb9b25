"""Tokens, in each public shape in which they are told."""

import pytest

from gossamer.core.record import Usage
from gossamer.dialects.ending import read_ending
from gossamer.dialects.usage import usage_in_tail, usage_of

CHAT = b"""{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,
"model":"gpt-4.1-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"Its \\"usage\\": {}",
"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,
"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},
"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":0,"accepted_prediction_tokens":0,
"rejected_prediction_tokens":0}},"service_tier":"default"}"""

COMPLETION = b"""{"id":"cmpl-1","object":"text_completion","created":1589478378,"model":"gpt-3.5-turbo-instruct",
"choices":[{"text":"This is a test","index":0,"logprobs":null,"finish_reason":"length"}],
"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}"""

EMBEDDINGS = b"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023,-0.0093]}],
"model":"text-embedding-ada-002","usage":{"prompt_tokens":8,"total_tokens":8}}"""

RESPONSE = b"""{"id":"resp_67ccd2bed1ec8190","object":"response","created_at":1741476542,"status":"completed",
"error":null,"model":"gpt-4.1-2025-04-14","output":[{"type":"message","id":"msg_1","status":"completed",
"role":"assistant","content":[{"type":"output_text","text":"In a peaceful grove","annotations":[]}]}],
"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":30},"output_tokens":87,
"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123},"user":null,"metadata":{}}"""

MESSAGE = b"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5",
"content":[{"type":"text","text":"Hi!"}],"stop_reason":"end_turn","stop_sequence":null,
"usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":300,"output_tokens":5}}"""

ANSWERS = [
    (CHAT, Usage(input=19, output=10, cached=4, reasoning=3)),
    (COMPLETION, Usage(input=5, output=7)),
    (EMBEDDINGS, Usage(input=8)),
    (RESPONSE, Usage(input=36, output=87, cached=30, reasoning=64)),
    (MESSAGE, Usage(input=330, output=5, cached=300, cache_write=20)),
]


@pytest.mark.parametrize(("answer", "usage"), ANSWERS)
def test_an_answer_says_what_it_took(answer, usage):
    assert read_ending(answer)[0] == usage


@pytest.mark.parametrize(("answer", "usage"), ANSWERS)
def test_the_end_of_an_answer_says_so_too(answer, usage):
    for kept_bytes in range(answer.rindex(b'"usage"') - len(answer) - 1, -len(answer), -7):
        assert usage_in_tail(answer[kept_bytes:]) == usage


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        (b'{"prompt_tokens":0,"completion_tokens":0}', Usage()),
        (b'{"completion_tokens":3}', Usage(output=3)),
        (b'{"prompt_tokens":3,"prompt_tokens_details":null,"completion_tokens_details":null}', Usage(input=3)),
        (b'{"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":null}}', Usage(input=3)),
        (
            b'{"prompt_tokens":3,"cache_read_input_tokens":2,"prompt_tokens_details":{"cached_tokens":2}}',
            Usage(3, 0, 2),
        ),
        (b'{"prompt_tokens":3,"cache_creation_input_tokens":2}', Usage(input=3)),
        (b'{"input_tokens":3,"cache_read_input_tokens":null}', Usage(input=3)),
        (b'{"prompt_tokens":9,"completion_tokens":1,"prompt_cache_hit_tokens":4}', Usage(9, 1, 4)),
        (b'{"prompt_tokens":9,"completion_tokens":2,"total_tokens":18}', Usage(9, 9, reasoning=7)),
        (
            (
                b'{"prompt_tokens":9,"completion_tokens":2,"total_tokens":18,'
                b'"completion_tokens_details":{"reasoning_tokens":7}}'
            ),
            Usage(9, 9, reasoning=7),
        ),
        (b'{"prompt_tokens":9,"completion_tokens":2,"total_tokens":3}', Usage(9, 2)),
        (
            (
                b'{"prompt_tokens":90,"completion_tokens":40,"total_tokens":130,'
                b'"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":7,"audio_tokens":20},'
                b'"completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":30}}'
            ),
            Usage(90, 40, 8, 5, cache_write=7, audio_input=20, audio_output=30),
        ),
        (
            (
                b'{"input_tokens":50,"input_tokens_details":{"image_tokens":40,"text_tokens":10},"output_tokens":500,'
                b'"output_tokens_details":{"image_tokens":500},"total_tokens":550}'
            ),
            Usage(50, 500, image_input=40, image_output=500),
        ),
        (
            (
                b'{"input_tokens":10,"output_tokens":6,"cache_read_input_tokens":100,"cache_creation_input_tokens":30,'
                b'"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},'
                b'"output_tokens_details":{"thinking_tokens":4}}'
            ),
            Usage(140, 6, 100, 4, cache_write=10, cache_write_1h=20),
        ),
        (
            b'{"input_tokens":1,"cache_creation_input_tokens":3,"cache_creation":{"ephemeral_1h_input_tokens":9}}',
            Usage(4, cache_write_1h=3),
        ),
        (b"{}", None),
        (b"null", None),
        (b'{"total_tokens":3}', None),
        (b'{"prompt_tokens":-3}', None),
        (b'{"prompt_tokens":"3"}', None),
        (b'{"prompt_tokens":1e30}', None),
        (b'{"prompt_tokens":1000000000001}', None),
        (b"", None),
    ],
)
def test_counts_are_believed_only_if_they_are_counts(told, usage):
    assert usage_of(told) == usage


@pytest.mark.parametrize(
    "answer",
    [
        b'{"id":"x"}',
        b'{"usage":null}',
        b'{"usage":[]}',
        b'{"usage":3}',
        b'{"x":{"usage":{"prompt_tokens":1}}}',
        b'[{"usage":{"prompt_tokens":1}}]',
        b"upstream connect error",
        b"",
        b"\xff",
        b'{"usage":' + b"[" * 10_000,
    ],
)
def test_an_answer_without_usage_has_none(answer):
    assert read_ending(answer)[0] is None


@pytest.mark.parametrize(
    ("tail", "usage"),
    [
        (b'}],"usage" : {"prompt_tokens" : 1} }', Usage(input=1)),
        (b' "usage":{"prompt_tokens":1},"usage":{"prompt_tokens":2}}', Usage(input=2)),
        (b' "usage":{"prompt_tokens":1},"x":{"usage":null}}', Usage(input=1)),
        (b' "usage":{"prompt_tokens":1},"metadata":{"usage":{"of":"it"}}}', Usage(input=1)),
        (b' "usage":{"prompt_tokens":1},"text":"then \\"usage\\":{\\"prompt_tokens\\":9}"}', Usage(input=1)),
        (b' "usage":{"prompt_tokens":1},"s\\"usage":{"prompt_tokens":9}}', Usage(input=1)),
        (b' "usage":{"prompt_tokens":1,"a":{"b":{"c":1}},"d":"}"}}', Usage(input=1)),
        (b' "usage":{"prompt_tokens":1', None),
        (b' "usage":null}', None),
        (b'"usage":{"prompt_tokens":1}}', None),
        (b" usage", None),
        (b"", None),
    ],
)
def test_the_last_usage_in_a_tail_counts(tail, usage):
    assert usage_in_tail(tail) == usage
