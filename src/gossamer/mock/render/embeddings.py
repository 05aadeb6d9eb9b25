"""Embeddings: vectors of length 1 that are a function of seed, model and input, as floats or as base64."""

import sys
from array import array
from base64 import b64encode
from hashlib import shake_128
from math import sqrt
from typing import Literal

import msgspec

from gossamer.mock.asked import BadRequest

DIMENSIONS = 1536
"""As many as OpenAI's small model has."""
_DIMENSIONS_LIMIT = 4096
_INPUTS_LIMIT = 2048
"""OpenAI's own bound."""
_BYTES_A_TOKEN = 4
_DISTINCT = 64
"""Numbers before a vector repeats itself."""

Input = str | list[str] | list[int] | list[list[int]]


class EmbeddingsBody(msgspec.Struct):
    """What is read of a request."""

    model: str
    input: str | list[str | int | list[int]]
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] | None = None


_decoder = msgspec.json.Decoder(EmbeddingsBody)


def read_embeddings(body: bytes) -> EmbeddingsBody:
    """BadRequest where a provider would say 400."""
    try:
        read = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"The request body is not as it should be: {error}.") from error
    if read.dimensions is not None and not 1 <= read.dimensions <= _DIMENSIONS_LIMIT:
        raise BadRequest(f"dimensions must be between 1 and {_DIMENSIONS_LIMIT}.", "dimensions")
    if not 1 <= len(inputs_of(read)) <= _INPUTS_LIMIT:
        raise BadRequest(f"input must have between 1 and {_INPUTS_LIMIT} entries.", "input")
    return read


def inputs_of(read: EmbeddingsBody) -> list[str]:
    """One text for each vector: a list of token numbers is one input, not many."""
    if isinstance(read.input, str):
        return [read.input]
    if read.input and all(isinstance(each, int) for each in read.input):
        return [str(read.input)]
    return [each if isinstance(each, str) else str(each) for each in read.input]


def embeddings(read: EmbeddingsBody, seed: int) -> bytes:
    """The whole answer."""
    count = read.dimensions or DIMENSIONS
    texts = inputs_of(read)
    vectors = [vector(f"{seed}\n{read.model}\n{text}".encode("utf-8", "surrogatepass"), count) for text in texts]
    tokens = sum(max(1, len(text) // _BYTES_A_TOKEN) for text in texts)
    shown = [_base64(each) if read.encoding_format == "base64" else each.tolist() for each in vectors]
    return msgspec.json.encode(
        {
            "object": "list",
            "data": [{"object": "embedding", "index": at, "embedding": each} for at, each in enumerate(shown)],
            "model": read.model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def vector(key: bytes, count: int) -> "array[float]":
    """`count` numbers whose squares add up to 1. They repeat: a mock's vectors must be quick, not rich."""
    raw = shake_128(key).digest(2 * _DISTINCT)
    pattern = [int.from_bytes(raw[at : at + 2], "little", signed=True) + 0.5 for at in range(0, len(raw), 2)]
    numbers = (pattern * (count // _DISTINCT + 1))[:count]
    length = sqrt(sum(number * number for number in numbers))
    return array("f", [number / length for number in numbers])


def _base64(numbers: "array[float]") -> str:
    """Little-endian 32-bit floats, as the official SDK asks for by default."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode()
