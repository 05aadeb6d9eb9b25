"""The dashboard in a real browser, before a real gateway that has had some traffic."""

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from gossamer.control.nouns import Role
from gossamer.control.tokens import Minted
from tests.system.browser import NAMES, Browser, find_browser
from tests.system.gateway import eventually, start_gateway
from tests.system.node import CHAT, Node
from tests.system.prefix_proxy import put_below
from tests.system.state import OPERATOR

PASSWORD = "correct horse battery"
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
CONFIG: dict[str, Any] = {
    "providers": {
        "mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s", "tokens": 10}},
        "dead": {"kind": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "api_keys": ["sk-nobody"]},
    },
    "models": {
        "house": "mock/mock",
        "broken": "dead/gone",
        "steady": {"strategy": "fallback", "targets": ["dead/gone", "mock/mock"]},
    },
    "default_provider": "mock",
    "agents": {
        "helper": {"model": "mock/mock-agent"},
        "leader": {"model": "mock/mock-agent", "tools": ["agent:helper"]},
    },
    "prices": {"mock/mock": {"input": 1.5, "output": 6.25}},
    "capture": {"content": "full"},
    "log": {"format": "text"},
}


class Site(NamedTuple):
    """A gateway, the keys of its admin and of its member, and one to look with."""

    node: Node
    url: str
    report: Minted
    bob: Minted
    ops: Minted

    def told(self, path: str) -> list[dict[str, Any]]:
        return list(self.node.request("GET", f"/admin/v1/{path}", self.ops.token).body["data"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with start_gateway(tmp_path_factory.mktemp("dashboard"), CONFIG) as gateway:
        node = Node(gateway)
        report = node.state.add_key(name="nightly report", user_id=person(node, "ada", "admin"))
        bob = node.state.add_key(name=HOSTILE, user_id=person(node, "bob", "member"))
        for number in range(3):
            ask(node, report, "house", f"Hello {number}", 200)
        ask(node, report, "steady", "Go on", 200)
        ask(node, report, "broken", "Are you there?", 502)
        ask(node, report, "leader", "Lead", 200)
        for _ in range(2):
            ask(node, bob, "house", HOSTILE, 200, X_Session_ID="talk")
        ask(node, bob, HOSTILE, "Who is this?", 200)
        site = Site(node, gateway.url, report, bob, node.state.add_key(name="ops", scopes=("admin",)))
        eventually(lambda: [used(site, key) for key in (report, bob)] == [10, 3])
        eventually(lambda: [len(found(site, key)) for key in (report, bob)] == [10, 3])
        yield site


def person(node: Node, name: str, role: Role) -> str:
    email = f"{name}@example.com"
    return node.state.do(lambda store: store.add_user(OPERATOR, email=email, password=PASSWORD, role=role)).id


def ask(node: Node, key: Minted, model: str, words: str, status: int, **headers: str) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": words}]}
    answer = node.request("POST", CHAT, key.token, body, **headers)
    assert answer.status == status, answer.body


def found(site: Site, key: Minted) -> list[dict[str, Any]]:
    return site.told(f"traces?key={key.key_id}")


def used(site: Site, key: Minted) -> int:
    """Requests, as they are summed up once a second."""
    return sum(row["requests"] for row in site.told(f"usage?key={key.key_id}"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip(f"NOBODY LOOKED AT THE DASHBOARD: there is no browser here. Install one of {', '.join(NAMES)}.")
    with Browser(program) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser, site: Site) -> Iterator[Browser]:
    """In front of the door, and nobody's words became anything but text meanwhile."""
    chromium.open(f"{site.url}/ui/")
    eventually(lambda: bool(chromium.run("location.pathname === '/ui/' && document.readyState === 'complete'")))
    chromium.run("sessionStorage.clear()")
    chromium.open("about:blank")
    chromium.open(f"{site.url}/ui/")
    chromium.sees("Sign in")
    yield chromium
    assert chromium.run("document.title") != "taken"
    assert chromium.run("document.querySelectorAll('img, iframe, script:not([src])').length") == 0
    assert chromium.complaints == []


def enter(browser: Browser, name: str) -> None:
    browser.fill("#by-password [name=email]", f"{name}@example.com")
    browser.fill("#by-password [name=password]", PASSWORD)
    browser.click("#by-password button")
    browser.sees("Leave", "The gateway's own part")


def go(browser: Browser, view: str, *words: str) -> None:
    browser.run(f"void (location.hash = '#/{view}')")
    browser.sees(*words)


def row(browser: Browser, word: str) -> list[str]:
    """The cells of the one row that has it."""
    rows = browser.run(
        "[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    (wanted,) = [cells for cells in rows if any(word in cell for cell in cells)]
    return list(wanted)


def test_an_admin_sees_what_was_asked_what_failed_and_what_it_cost(browser: Browser, site: Site):
    enter(browser, "ada")
    (spent,) = site.told(f"usage?key={site.report.key_id}")
    assert spent["requests"] == 3 + 1 + 1 + 1 + 4 > spent["failed"] == 1
    name, requests, failed, *_, usd = row(browser, "nightly report")
    assert (name, requests, failed) == ("nightly report", "10", "1")
    assert usd.rstrip("0") == spent["cost_usd"].rstrip("0") != "0."
    browser.sees("Saved by another try", "The latest failures", HOSTILE)
    go(browser, "traces?failed=true&model=broken", "provider_unavailable", "1 request; there are no more.")


def token_in(browser: Browser) -> str:
    return str(browser.run("sessionStorage.getItem('gossamer-token')"))


def test_a_failure_is_explained(browser: Browser, site: Site):
    enter(browser, "ada")
    (broken,) = [each for each in found(site, site.report) if each["model"] == "broken"]
    go(
        browser,
        f"traces/{broken['id']}",
        "502: provider_unavailable",
        "No target gave an answer",
        "Attempts, in their order",
    )
    assert row(browser, "connection refused")[:2] == ["dead/gone", "no answer"]
    browser.sees("Where the time went", "authenticate", "Are you there?")


@pytest.mark.parametrize("shown", ["the run", "a call below"])
def test_a_run_is_a_tree_from_wherever_one_looks(browser: Browser, site: Site, shown: str):
    enter(browser, "ada")
    traces = found(site, site.report)
    wanted = "agents/leader" if shown == "the run" else "agents/helper"
    (trace,) = [each for each in traces if each["target"] == wanted]
    go(browser, f"traces/{trace['id']}", "The run of the agent")
    tree = browser.run("document.querySelector('.tree').innerText").split()
    assert [word for word in tree if "/" in word] == [
        "agents/leader", "mock/mock-agent", "agents/helper", "mock/mock-agent", "mock/mock-agent",
    ]  # fmt: skip


def test_what_strangers_wrote_is_text_everywhere(browser: Browser, site: Site):
    enter(browser, "ada")
    go(browser, "keys", HOSTILE)
    go(browser, "usage?by=key", HOSTILE)
    go(browser, "traces?text=Who", HOSTILE)
    trace = next(each for each in found(site, site.bob) if each["session"] == "talk")
    go(
        browser,
        f"traces/{trace['id']}",
        f'"content":"{HOSTILE}"'.replace('"document', '\\"document').replace("'\">", "'\\\">"),
    )
    go(browser, "sessions?name=talk", "talk")
    browser.click("tbody a")
    browser.sees("Session talk", "assistant", HOSTILE)


def test_a_key_is_made_and_revoked(browser: Browser, site: Site):
    enter(browser, "ada")
    go(browser, "keys", "Make a key")
    browser.click("summary")
    browser.fill("#new-key [name=name]", "for a while")
    browser.fill("#new-key [name=models]", "house, steady")
    browser.fill("#new-key [name=usd_per_day]", "0.000000001")
    browser.click("#new-key button")
    browser.sees("for a while is made", "shown this once")
    token = browser.run("document.querySelector('#new-token').value")
    assert site.node.chat(token).code == "budget_exceeded", "a nano-dollar is kept as it was written"
    browser.click("dialog .buttons button")
    browser.sees("house, steady", "0.000000001 USD a day")
    assert token not in browser.run("document.documentElement.outerHTML"), "it is gone"
    browser.run(
        "window.sent = []; const go = fetch; window.fetch = (url, more) => (sent.push(more.method), go(url, more))"
    )
    for answer, sent, status in (("Cancel", [], 429), ("Revoke it", ["POST"], 401)):
        browser.click("[aria-label='Revoke for a while']")
        browser.sees("Revoke for a while?")
        browser.run(
            f"[...document.querySelectorAll('dialog button')].find((one) => one.innerText === '{answer}').click()"
        )
        eventually(lambda: browser.run("document.querySelector('dialog') === null"))
        assert browser.run("sent.filter((method) => method !== 'GET')") == sent
        eventually(lambda status=status: site.node.chat(token).status == status)  # type: ignore[misc]
    eventually(lambda: "for a while" not in browser.run("document.querySelector('main').innerText"))


def test_a_member_sees_what_is_its_own(browser: Browser):
    enter(browser, "bob")
    browser.sees("bob@example.com", "You see what your own keys asked.")
    assert [cells[0] for cells in browser.run(
        "[...document.querySelectorAll('table')].filter((one) => one.caption.innerText === 'By key')"
        ".flatMap((one) => [...one.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.innerText)))"
    )] == [HOSTILE]  # fmt: skip
    go(browser, "keys", HOSTILE, "You see your own keys.")
    assert "nightly report" not in browser.text()


def test_a_key_for_models_alone_is_told_so_at_the_door(browser: Browser, site: Site):
    browser.fill("#by-key [name=token]", site.report.token)
    browser.click("#by-key button")
    browser.sees("Sign in", "This key has not the scope admin.")
    assert token_in(browser) == "None", "it is not kept"


def test_a_key_that_administers_lets_one_in(browser: Browser, site: Site):
    ops = site.node.state.add_key(name="ops", scopes=("admin",))
    browser.fill("#by-key [name=token]", ops.token)
    browser.click("#by-key button")
    browser.sees("Overview", "administrator", "nightly report")
    site.node.state.revoke(ops.key_id)


def test_who_leaves_is_logged_out_and_whose_log_in_ended_signs_in_again(browser: Browser, site: Site):
    enter(browser, "ada")
    token = token_in(browser)
    browser.click("#who button")
    browser.sees("With a password")
    eventually(lambda: site.node.request("GET", "/admin/v1/keys", token).status == 401)
    assert token_in(browser) == "None"
    enter(browser, "ada")
    site.node.request("POST", "/v1/auth/logout", token_in(browser))
    go(browser, "usage", "Sign in", "Log in again")


def test_a_session_is_deleted_after_a_question(browser: Browser, site: Site):
    for _ in range(2):
        ask(site.node, site.bob, "house", "Forget me", 200, X_Session_ID="short-lived")
    enter(browser, "bob")

    def turns() -> list[Any]:
        return list(site.node.request("GET", "/admin/v1/sessions?name=short-lived", token_in(browser)).body["data"])

    eventually(lambda: bool(turns()) and turns()[0]["turns"] == 2)
    go(browser, "sessions?name=short-lived", "short-lived")
    browser.click("tbody a")
    browser.sees("Forget me")
    browser.click(".danger")
    browser.sees("Delete short-lived?", "2 turns")
    browser.click("dialog .danger")
    eventually(lambda: turns() == [])


def test_use_is_saved_as_a_table(browser: Browser):
    enter(browser, "bob")
    go(browser, "usage?by=key&step=all", "Download as CSV")
    browser.run("const make = URL.createObjectURL; URL.createObjectURL = (file) => (window.saved = file, make(file))")
    browser.run("[...document.querySelectorAll('button')].find((one) => one.innerText === 'Download as CSV').click()")
    eventually(lambda: browser.run("window.saved !== undefined"))
    head, row = csv.reader(browser.run("saved.text()").splitlines())
    shown = dict(zip(head, row, strict=True))
    assert int(shown["requests"]) >= 3
    assert shown["cost_usd"] in browser.text()


def test_what_a_button_cannot_do_is_said_where_one_looks(browser: Browser, site: Site):
    """The session goes between the look and the button."""
    ask(site.node, site.bob, "house", "Once", 200, X_Session_ID="fleeting")
    enter(browser, "bob")
    path = "/admin/v1/sessions"
    eventually(lambda: bool(site.node.request("GET", f"{path}?name=fleeting", token_in(browser)).body["data"]))
    go(browser, "sessions?name=fleeting", "fleeting")
    browser.click("tbody a")
    browser.sees("Once")
    (held,) = site.node.request("GET", f"{path}?name=fleeting", token_in(browser)).body["data"]
    assert site.node.request("DELETE", f"{path}/{held['id']}", token_in(browser)).status == 204
    browser.click(".danger")
    browser.click("dialog .danger")
    browser.sees("There is no such session")
    assert browser.run("document.querySelector('#main > [role=alert]') !== null"), "and what was there stays"


def test_whose_log_in_ends_before_a_button_signs_in_again(browser: Browser, site: Site):
    spare = site.node.state.add_key(name="spare")
    enter(browser, "ada")
    go(browser, "keys?search=spare", "spare")
    site.node.request("POST", "/v1/auth/logout", token_in(browser))
    browser.click("[aria-label='Revoke spare']")
    browser.click("dialog .danger")
    browser.sees("Sign in", "Log in again")
    assert token_in(browser) == "None"
    assert site.node.chat(spare.token).status == 200
    site.node.state.revoke(spare.key_id)


VIEWS = ("overview?window=1h", "traces?since=all", "keys", "usage", "sessions")


def test_whoever_uses_the_keyboard_or_listens_finds_all_of_it(browser: Browser):
    unnamed = (
        "[...document.querySelectorAll('main input, main select, main button, main a, header a, header button')]"
        ".filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.[0]?.textContent.trim()))"
        ".map((one) => one.outerHTML)"
    )
    assert browser.run(unnamed) == []
    enter(browser, "ada")
    for view in VIEWS:
        head = view.partition("?")[0].capitalize()
        go(browser, view, f"Showing: {head}")
        assert browser.run(unnamed) == [], view
        assert browser.run("document.querySelectorAll('h1').length") == 1
        assert browser.run("document.querySelector('nav [aria-current=page]').innerText") == head
        assert browser.run("[...document.querySelectorAll('table')].every((one) => one.caption && one.tHead)"), view
        assert browser.run("[...document.querySelectorAll('thead th')].every((one) => one.scope === 'col')"), view
        assert browser.run("document.title") == f"{head} · Gossamer"


def test_it_fits_a_telephone(browser: Browser):
    browser.look(width=380, height=700)
    enter(browser, "ada")
    for view in VIEWS:
        go(browser, view, f"Showing: {view.partition('?')[0].capitalize()}")
        assert browser.run("document.documentElement.scrollWidth") <= 380, view
    browser.look()


def test_it_works_below_a_path_of_a_proxy(browser: Browser, site: Site):
    with put_below("/llm", site.node.gateway.port) as url:
        browser.open(f"{url}/ui")
        browser.sees("Sign in")
        enter(browser, "ada")
        go(browser, "keys", "nightly report")


def test_what_there_is_not_leads_back(browser: Browser):
    enter(browser, "ada")
    go(browser, "nowhere", "There is no such page")
    go(browser, "traces/..", "This is no id")
    go(browser, "traces/req_gone", "There is no such trace", "Try again")
    go(browser, "keys?state=gone", "state:", "Try again")
    go(browser, "usage?until=tomorrow", "until:", "Try again")


def test_money_is_added_to_the_last_digit(browser: Browser):
    sums = browser.run(
        "import(new URL('money.js', document.baseURI)).then(({sumOf, usdOf}) =>"
        " [['0.1', '0.2'], ['9007199254740993.000000001', '0.000000001'], ['0.00'], []]"
        ".map((all) => usdOf(sumOf(all))))"
    )
    assert sums == ["0.30", "9007199254740993.000000002", "0.00", "0.00"]
