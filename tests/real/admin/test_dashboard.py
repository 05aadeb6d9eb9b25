"""/ui: its files as they are sent."""

import pytest

from gossamer.control.api.app import make_app
from gossamer.control.api.dashboard import files
from tests.real.admin.house import OPERATOR, Clock, House, refusal, settings_with


@pytest.fixture
def storeless() -> House:
    """The files need no store, and nobody's token."""
    clock = Clock()
    return House(make_app(None, settings_with(), operator=OPERATOR, now=clock), None, clock)  # type: ignore[arg-type]


async def test_it_begins_below_its_own_path(storeless: House):
    answer = await storeless.get("/ui")
    assert (answer.status_code, answer.headers["location"]) == (308, "ui/"), "relative: a proxy may have a prefix"
    page = await storeless.get("/ui/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.content == files()["index.html"].body


async def test_each_file_is_sent_as_what_it_is_and_lets_in_nothing_else(storeless: House):
    for name, type_ in (
        ("main.js", "text/javascript; charset=utf-8"),
        ("views/keys.js", "text/javascript; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ):
        answer = await storeless.get(f"/ui/{name}")
        assert answer.status_code == 200, name
        headers = answer.headers
        assert headers["content-type"] == type_
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert {policy[f"{kind}-src"] for kind in ("script", "style", "connect", "img")} == {"'self'"}
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["require-trusted-types-for"] == "'script'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_what_a_browser_has_is_not_sent_again(storeless: House):
    first = await storeless.get("/ui/main.js")
    assert first.headers.get_list("cache-control") == ["no-cache"], "kept, and asked for each time"
    again = await storeless.get("/ui/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    other = await storeless.get("/ui/style.css", headers={"If-None-Match": first.headers["etag"]})
    assert (other.status_code, other.content) == (200, files()["style.css"].body)


async def test_what_the_api_answers_is_still_kept_by_nobody(storeless: House):
    for path in ("/docs", "/openapi.json", "/admin/v1/keys", "/ui/nothing.js"):
        assert (await storeless.get(path)).headers.get_list("cache-control") == ["no-store"], path


@pytest.mark.parametrize(
    "path",
    ["/ui/x", "/ui/main.js/", "/ui//main.js", "/ui/views", "/ui/../rim.py", "/ui/%2e%2e/web.py", "/ui/%2Fetc%2Fpasswd"],
)
async def test_what_is_not_there_names_the_way_out(storeless: House, path: str):
    answer = await storeless.get(path)
    assert refusal(answer) == (404, "not_found", None)
    if not path.startswith("/ui/.."):  # a client takes that for another path
        assert "/ui/" in answer.json()["error"]["message"]


async def test_files_are_only_read(storeless: House):
    answer = await storeless.post("/ui/main.js")
    assert refusal(answer)[:2] == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"
