"""What is refused, and how: one shape, a reason, and what to do."""

import re
from collections.abc import AsyncIterator

import pytest

from gossamer.control.api.app import make_app, use_store
from gossamer.control.store.store import Store
from tests.real.admin.house import OPERATOR, PASSWORD, Clock, House, operations, refusal, settings_with

USERS, KEYS = "/admin/v1/users", "/admin/v1/keys"


@pytest.fixture
def storeless() -> House:
    """Where whoever asks may do everything, and only what needs no store is answered."""
    clock = Clock()
    return House(make_app(None, settings_with(), operator=OPERATOR, now=clock), None, clock)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x", "nmae": 1}, "nmae"),
        ({"name": "x", "limits": {"usd_per_dya": "1"}}, "limits.usd_per_dya"),
        ({"name": "x", "limits": {"usd_per_day": 5}}, "limits.usd_per_day"),
        ({"name": "x", "limits": {"usd_per_day": "1e3"}}, "limits.usd_per_day"),
        ({"name": "x", "limits": {"usd_per_day": "0.0000000001"}}, "limits.usd_per_day"),
        ({"name": "x", "limits": {"usd_per_day": "9999999999"}}, "limits.usd_per_day"),
        ({"name": "x", "limits": {"requests_per_min": 0}}, "limits.requests_per_min"),
        ({"name": "x", "limits": {"requests_per_min": True}}, "limits.requests_per_min"),
        ({"name": "x", "limits": {"requests_per_min": "5"}}, "limits.requests_per_min"),
        ({"name": "x", "limits": {"tokens_per_min": 10**30}}, "limits.tokens_per_min"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["root"]}, "scopes.0"),
        ({"name": "x", "models": []}, "models"),
        ({"name": "x", "models": ["a b"]}, "models.0"),
        ({"name": "x", "expires_at": 5}, "expires_at"),
        ({"name": "x", "expires_at": "2199-01-01"}, "expires_at"),
        ({"name": "x", "expires_at": "2199-01-01T00:00:00"}, "expires_at"),
        ({"name": "x", "expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        ([], "body"),
        (None, "body"),
    ],
)
async def test_a_body_that_is_not_right_is_refused_by_name(storeless: House, body: object, param: str):
    assert refusal(await storeless.post(KEYS, body)) == (400, "invalid_request", param)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"email": "x", "password": PASSWORD}, "email"),
        ({"email": "a@b c", "password": PASSWORD}, "email"),
        ({"email": "a@b", "password": "short"}, "password"),
        ({"email": "a@b", "password": PASSWORD, "role": "root"}, "role"),
    ],
)
async def test_a_user_that_cannot_be_is_refused_by_name(storeless: House, body: object, param: str):
    assert refusal(await storeless.post(USERS, body)) == (400, "invalid_request", param)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=../x", "state=gone", "user_id=%00"])
async def test_a_query_that_is_not_right_is_refused_by_name(storeless: House, query: str):
    answer = await storeless.get(f"{KEYS}?{query}")
    assert refusal(answer) == (400, "invalid_request", query.partition("=")[0])


async def test_all_mistakes_are_named_at_once_up_to_a_handful(storeless: House):
    answer = await storeless.post(KEYS, {f"m{number}": 1 for number in range(9)})
    message = answer.json()["error"]["message"]
    assert message.startswith("name: this is missing; m0: there is no such member here")
    assert message.endswith("and 5 more.")


async def test_a_body_that_is_no_json_and_one_of_another_kind(storeless: House):
    path = "/v1/auth/login"
    broken = await storeless.post(path, content=b'{"email": ', headers={"content-type": "application/json"})
    assert refusal(broken) == (400, "invalid_request", "body")
    form = await storeless.post(path, content=b"email=a")
    assert refusal(form) == (400, "invalid_request", "body")
    assert "Content-Type: application/json" in form.json()["error"]["message"]
    deep = await storeless.post(path, content=b"[" * 60_000, headers={"content-type": "application/json"})
    assert refusal(deep)[:2] == (400, "invalid_request")
    latin = await storeless.post(path, content=b'{"email": "\xff"}', headers={"content-type": "application/json"})
    assert refusal(latin)[:2] == (400, "invalid_request")


async def test_a_body_has_an_end(storeless: House):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    for content in (b" " * 65_537, pieces()):
        asked = {"content": content, "headers": {"content-type": "application/json"}}
        answer = await storeless.ask("POST", "/v1/auth/login", **asked)  # type: ignore[arg-type]
        assert refusal(answer) == (413, "request_too_large", None)


async def test_a_path_and_a_method_that_there_are_not(storeless: House):
    assert refusal(await storeless.get("/admin/v1/nothing")) == (404, "not_found", None)
    assert refusal(await storeless.get("/admin/v1/users/")) == (404, "not_found", None), "and no redirect"
    wrong = await storeless.ask("PUT", "/admin/v1/keys/x")
    assert refusal(wrong) == (405, "method_not_allowed", None)
    assert wrong.headers["allow"] == "DELETE, GET, PATCH"
    assert (await storeless.ask("PUT", KEYS)).headers["allow"] == "GET, POST"
    assert (await storeless.ask("PUT", "/docs")).headers["allow"] == "GET"


# --- the store away ---


@pytest.mark.parametrize(("method", "path"), [each for each in operations() if each.values[1] != "/healthz"])
async def test_without_a_store_every_route_is_unavailable(method: str, path: str):
    clock = Clock()
    house = House(make_app(None, settings_with(), now=clock), None, clock)  # type: ignore[arg-type]
    body = {"email": "a@b", "password": PASSWORD} if "auth" in path else {} if method in ("POST", "PATCH") else None
    answer = await house.ask(
        method,
        re.sub(r"\{\w+\}", "1", path),
        body,
        token="gsl_x",
    )
    assert refusal(answer) == (503, "unavailable", None)
    assert answer.headers["retry-after"] == "1"
    assert (await house.get("/healthz")).json() == {"status": "ok"}


async def test_a_store_that_comes_later_is_used_at_once(store: Store):
    clock = Clock()
    house = House(make_app(None, settings_with(), now=clock), store, clock)
    assert (await house.get("/readyz")).status_code == 503
    use_store(house.app, store)
    assert (await house.get("/readyz")).json() == {"status": "ready"}


async def test_an_outage_costs_no_tries(store: Store):
    clock = Clock()
    house = House(make_app(None, settings_with(), now=clock), store, clock)
    asked = {"email": "a@b", "password": PASSWORD}
    for _ in range(50):
        assert (await house.post("/v1/auth/login", asked)).status_code == 503
    use_store(house.app, store)
    assert (await house.post("/v1/auth/login", asked)).status_code == 401


# --- for people ---


async def test_the_page_needs_nothing_from_elsewhere(storeless: House):
    answer = await storeless.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "//" not in answer.text.replace("<!doctype", "")
    assert "<script" not in answer.text
    document = (await storeless.get("/openapi.json")).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}<" in answer.text
            assert operation["summary"] in answer.text
    for name in document["components"]["schemas"]:
        assert f"<h3 id={name}>" in answer.text


async def test_the_document_says_who_may_and_what_comes_back(storeless: House):
    document = (await storeless.get("/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "x-api-key"}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            needs_token = path.startswith("/admin/") or path.endswith("/logout") or path == "/metrics"
            assert operation.get("security", []) == ([{"bearer": []}, {"x-api-key": []}] if needs_token else [])
            assert "422" not in operation["responses"]
            error = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert error == {"$ref": "#/components/schemas/ErrorBody"}
