"""An endpoint has one way to be written: by any other its tokens would go uncounted."""

import pytest

from gossamer.core.endpoints import ENDPOINTS, is_disguised


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions/",
        "/v1//chat/completions",
        "/v1/chat/completion%73",
        "/v1/chat%2fcompletions",
        "/v1/chat/completion%2573",
        "/v1/chat\\completions",
        "/v1/Chat/Completions",
        "/v1/chat/completions;a=b",
        "/v1/chat/completions%20",
        "/v1/messages/",
        "/v1/embedding%53",
    ],
)
def test_another_way_to_write_an_endpoint_is_seen(path: str):
    assert is_disguised(path)


@pytest.mark.parametrize(
    "path", [*ENDPOINTS, "/v1/models/a%2fb", "/v1/files/", "/v1/chat/completions/id", "/v1/responses/id", "/v1/"]
)
def test_what_is_an_endpoint_or_another_path_is_left_alone(path: str):
    assert not is_disguised(path)
