"""The bytes that go through: the same request and the same answers for every arm of a run.

Service times are a function of the request alone, so all arms meet the same provider (common random numbers).
"""

import re

PATH = "/v1/chat/completions"
MODEL = "gpt-4o-mini"

JSON_ANSWER = (
    '{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"message":'
    '{"role":"assistant","content":"Hello there, how may I assist you today? I am a mock model and I always answer '
    'this."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}'
)

_MESSAGES = (
    '"messages":[{"role":"system","content":"You are a helpful assistant."},'
    '{"role":"user","content":"Hello, what is 2+2? Please answer briefly."}],"temperature":0.7'
)
CHAT_BODY = f'{{"model":"{MODEL}",{_MESSAGES}}}'
STREAM_BODY = f'{{"model":"{MODEL}","stream":true,"stream_options":{{"include_usage":true}},{_MESSAGES}}}'

STREAM_TOKENS = 64
STREAM_EVENTS = STREAM_TOKENS + 2
"""With the usage and the end mark."""
STREAM_GAP_S = 0.010

SERVICE_NS = 50_000_000
SERVICE_SPREAD_NS = 10_000_000
"""Each way. With one constant time the requests of a closed loop would march in step, and a burst would be measured."""

_STREAM = re.compile(rb'"stream"\s*:\s*true')
_SEED = re.compile(rb'"seed"\s*:\s*(\d+)')
_U64 = (1 << 64) - 1


def numbered_body(number: int) -> str:
    """A chat request that tells the provider its number, in a member that every gateway hands on."""
    return f'{{"model":"{MODEL}","seed":{number},{_MESSAGES}}}'


def number_of(body: bytes) -> int:
    """The number of a request; 0 where it has none."""
    found = _SEED.search(body)
    return int(found[1]) if found else 0


def wants_stream(body: bytes) -> bool:
    """Whether a chat request asks for events."""
    return _STREAM.search(body) is not None


def service_ns(number: int) -> int:
    """How long the provider takes for a request: even over the spread, by splitmix64 of its number."""
    mixed = (number * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & _U64
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _U64
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _U64
    mixed ^= mixed >> 31
    return SERVICE_NS - SERVICE_SPREAD_NS + mixed % (2 * SERVICE_SPREAD_NS + 1)


def request_bytes(body: str, token: str, authority: str) -> bytes:
    """A whole request as it stands on the wire."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode("ascii")


def stream_pieces() -> list[bytes]:
    """The events of one stream, each in a chunk of its own: tokens, usage, the end mark."""
    opening = '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini",'
    events = [
        f'{opening}"choices":[{{"index":0,"delta":{{"content":"tok{i:03d} "}},"finish_reason":null}}]}}'
        for i in range(STREAM_TOKENS)
    ]
    usage = f'"usage":{{"prompt_tokens":9,"completion_tokens":{STREAM_TOKENS},"total_tokens":{STREAM_TOKENS + 9}}}'
    events += [f'{opening}"choices":[],{usage}}}', "[DONE]"]
    lines = [f"data: {event}\n\n".encode("ascii") for event in events]
    return [b"%x\r\n%b\r\n" % (len(line), line) for line in lines]
