"""The model of a form, and the forms in which two readers might find two."""

import pytest

from gossamer.core.errors import InvalidRequest
from gossamer.dialects.multipart import model_in_form

TYPE = b"multipart/form-data; boundary=7f3a"


def part(head: bytes, value: bytes) -> bytes:
    return b"--7f3a\r\n" + head + b"\r\n\r\n" + value + b"\r\n"


def field(name: bytes, value: bytes) -> bytes:
    return part(b'Content-Disposition: form-data; name="' + name + b'"', value)


FILE = part(
    b'Content-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg',
    b'ID3\x04\r\n\r\n--7f3 name="model"\r\n',
)
MODEL = field(b"model", b"whisper-1")
END = b"--7f3a--\r\n"


@pytest.mark.parametrize(
    ("start", "model"),
    [
        (MODEL + FILE + END, "whisper-1"),
        (FILE + MODEL + END, "whisper-1"),
        (field(b"language", b"en") + MODEL + b"--7f3a", "whisper-1"),
        (field(b"prompt", b'name="model"\r\n\r\nx') + MODEL + FILE, "whisper-1"),
        (field(b"prompt", b"") + MODEL + FILE, "whisper-1"),
        (field(b"model", "m\u00e9".encode()) + END, "m\u00e9"),
        (part(b"content-disposition:form-data;name=model", b"m") + END, "m"),
        (part(b'CONTENT-DISPOSITION: Form-Data ; Name="model"\r\ncontent-type: text/plain', b"m") + END, "m"),
        (part(b'content-disposition: form-data; name="model"\r\nContent-Transfer-Encoding: 8bit', b"m") + END, "m"),
        (part(b'content-disposition: form-data; name="model"; filename="model"', b"m") + END, None),
        (field(b"Model", b"m") + END, None),
        (FILE + END, None),
        (FILE, None),
        (END, None),
        (b"", None),
    ],
)
def test_the_model_of_a_form(start, model):
    assert model_in_form(TYPE, start) == model


def test_a_model_that_has_not_wholly_come_is_not_told():
    whole = MODEL + FILE + END

    for length in range(len(MODEL) + len(b"--7f3")):
        assert model_in_form(TYPE, whole[:length]) is None
    for length in range(len(MODEL) + len(b"--7f3a"), len(whole)):
        assert model_in_form(TYPE, whole[:length]) == "whisper-1"


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/form-data; boundary=7f3a",
        b'multipart/form-data; boundary="7f3a"',
        b"Multipart/Form-Data;charset=utf-8;BOUNDARY=7f3a ",
    ],
)
def test_the_boundary_in_its_spellings(content_type):
    assert model_in_form(content_type, MODEL + END) == "whisper-1"


def test_a_quoted_boundary_may_hold_spaces():
    form = b'--a b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--a b--'

    assert model_in_form(b'multipart/form-data; boundary="a b"', form) == "m"


@pytest.mark.parametrize(
    "content_type",
    [
        b"",
        b"application/json",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b'multipart/form-data; boundary=""',
        b'multipart/form-data; boundary="a "',
        b"multipart/form-data; boundary=" + b"a" * 71,
        b"multipart/form-data; boundary=a; boundary=b",
        b"multipart/form-data; boundary=a; Boundary=a",
        b"multipart/form-data, boundary=a",
        b"multipart/mixed; boundary=7f3a",
    ],
)
def test_a_type_without_one_boundary_is_refused(content_type):
    with pytest.raises(InvalidRequest):
        model_in_form(content_type, MODEL + END)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (MODEL + field(b"model", b"gpt-4o-transcribe") + END, "has the field 'model' twice"),
        (b"\r\n" + MODEL, "does not begin with the boundary"),
        (b"preamble\r\n" + MODEL, "does not begin with the boundary"),
        (b"--7f3ab\r\n\r\n", "no head of at most"),
        (b"--7f3a \r\ncontent-disposition: form-data; name=model\r\n\r\nm\r\n--7f3a--", "no head of at most"),
        (b"--7f3a\ncontent-disposition: form-data; name=model\n\nm\n--7f3a--", "no head of at most"),
        (b"--7f3a\r\nx: " + b"y" * 5000, "no head of at most"),
        (b"--7f3a\r\n\r\nm\r\n--7f3a--", "content-disposition"),
        (part(b"content-type: text/plain", b"m"), "content-disposition"),
        (part(b"content-disposition: attachment; name=model", b"m"), "content-disposition"),
        (part(b"content-disposition: form-data; name=model; name=x", b"m"), "the parameter 'name' twice"),
        (part(b"content-disposition: form-data; name=model; NAME=x", b"m"), "the parameter 'NAME' twice"),
        (part(b'content-disposition: form-data; name="mod\\el"', b"m"), "content-disposition"),
        (
            part(b"content-disposition: form-data; name=x\r\ncontent-disposition: form-data; name=model", b"m"),
            "one content-",
        ),
        (part(b"content-disposition: form-data;\r\n name=model", b"m"), "content-disposition"),
        (part(b"content-disposition : form-data; name=model", b"m"), "content-disposition"),
        (part(b"content-disposition: form-data; filename=model", b"m"), "has no name"),
        (part(b"content-disposition: form-data; name=model\r\ncontent-transfer-encoding: base64", b"bQ=="), "as it is"),
        (field(b"model", b"") + END, "printable text of 1 to 256 bytes"),
        (field(b"model", b"m" * 257) + END, "printable text of 1 to 256 bytes"),
        (field(b"model", b"\xff") + END, "printable text of 1 to 256 bytes"),
        (field(b"model", b"a\nb") + END, "printable text of 1 to 256 bytes"),
        (field(b"x", b"") * 64 + END, "more than 64 parts"),
    ],
)
def test_what_two_readers_might_read_in_two_ways_is_refused(start, message):
    with pytest.raises(InvalidRequest, match=message):
        model_in_form(TYPE, start)
