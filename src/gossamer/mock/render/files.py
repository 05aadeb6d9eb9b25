"""Files: what an upload is answered, and the bytes of a download. Nothing is stored."""

from hashlib import shake_128

import msgspec

from gossamer.mock.render.template import CREATED

FILE_BYTES = 64 * 1024
"""A few socket buffers, every byte value among them."""


def uploaded(file_id: bytes, body_bytes: int) -> bytes:
    """The file object for an upload; `bytes` is the size of the whole form, which is what the mock was sent."""
    return msgspec.json.encode(
        {
            "id": f"file-{file_id.decode()}",
            "object": "file",
            "bytes": body_bytes,
            "created_at": CREATED,
            "filename": "upload.bin",
            "purpose": "user_data",
            "status": "processed",
        }
    )


def file_content(file_id: bytes) -> bytes:
    """Always the same bytes for one id, so that a test can compare them."""
    return shake_128(file_id).digest(FILE_BYTES)
