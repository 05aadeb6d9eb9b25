"""An endpoint has one way to be written: by any other its tokens would go uncounted."""

from dataclasses import replace

import pytest

from gossamer.core.endpoints import ENDPOINTS, STATELESS_PATHS, endpoint_of, is_disguised


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


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/files",
        "/v1/files/file-1/content",
        "/v1/batches",
        "/v1/responses/resp_1",
        "/v1/chat/completions/chatcmpl-1",
        "/v1/vector_stores",
        "/v1/fine_tuning/jobs",
        "/v1/images/generations/",
        "/v1/audio/speech%2f..%2f..%2ffiles",
        "/v1/whatever-comes-next",
    ],
)
def test_what_may_reach_into_the_providers_account_is_shared(method: str, path: str):
    assert endpoint_of(method, path).is_shared


@pytest.mark.parametrize("path", [*ENDPOINTS, *STATELESS_PATHS])
def test_what_leaves_nothing_behind_is_not_shared(path: str):
    assert not endpoint_of("POST", path).is_shared


@pytest.mark.parametrize("path", ENDPOINTS)
def test_an_endpoint_that_is_not_posted_to_may_list_what_was_stored(path: str):
    assert endpoint_of("GET", path) == replace(ENDPOINTS[path], is_shared=True)


def test_the_list_of_models_is_not_shared_but_changing_it_is():
    assert not endpoint_of("GET", "/v1/models/gpt-4o").is_shared
    assert endpoint_of("DELETE", "/v1/models/ft:gpt-4o:acme").is_shared
