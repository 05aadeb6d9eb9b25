"""Directives by the admin API: saved, put in force, rolled back and compared, each for the version that was read."""

from typing import Any

import pytest

from tests.real.admin.house import House, Person, refusal

DIRECTIVES = "/admin/v1/directives"
AGENTS = "/admin/v1/agents"


async def make(house: House, person: Person, text: str = "Be brief.", name: str = "voice", **more: Any) -> Any:
    made = await house.post(DIRECTIVES, {"name": name, "text": text, **more}, person.token)
    assert made.status_code == 201, made.text
    return made.json()


async def do(house: House, person: Person, directive: Any, verb: str, body: object = None, if_match: str = "*") -> Any:
    path = f"{DIRECTIVES}/{directive['id']}/{verb}"
    return await house.post(path, body, person.token, if_match=if_match)


async def test_a_directive_from_first_to_last(house: House, admin: Person):
    made = await make(house, admin, note="a beginning")
    assert (made["active"], made["latest"], made["version"]) == (1, 1, 1)
    saved = await do(house, admin, made, "versions", {"text": "Be brief.\nBe kind."}, '"1"')
    assert (saved.status_code, saved.headers["etag"], saved.json()["active"]) == (201, '"2"', 2)
    path = f"{DIRECTIVES}/{made['id']}"
    compared = (await house.get(f"{path}/diff?old=1", admin.token)).json()
    assert compared["diff"].splitlines()[-2:] == [" Be brief.", "+Be kind."]
    back = await do(house, admin, made, "rollback", None, '"2"')
    assert (back.json()["active"], back.json()["earlier"]) == (1, [])
    assert refusal(await do(house, admin, made, "rollback"))[:2] == (409, "nothing_earlier")
    again = await do(house, admin, made, "activate", {"number": 2})
    assert (again.json()["active"], again.json()["earlier"]) == (2, [1])
    versions = (await house.get(f"{path}/versions", admin.token)).json()["data"]
    assert [(each["number"], each["note"]) for each in versions] == [(2, ""), (1, "a beginning")]
    assert (await house.get(f"{path}/versions/1", admin.token)).json() == versions[1]
    renamed = await house.patch(path, {"name": "tone"}, admin.token)
    assert renamed.json()["name"] == "tone"
    assert [each["id"] for each in (await house.get(f"{DIRECTIVES}?name=tone", admin.token)).json()["data"]] == [
        made["id"]
    ]
    assert (await house.delete(path, admin.token)).status_code == 204
    assert refusal(await house.get(path, admin.token))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"text": "Be {tone}."}, "does not declare"),
        ({"text": "Be {."}, "line 1, column 4"),
        ({"text": "Be.", "variables": {"tone": {}}}, "does not have"),
        ({"text": "Be {tone}.", "variables": {"tone": {"source": "request"}}}, "give it a default"),
    ],
)
async def test_a_text_that_could_lack_something_is_not_saved(house: House, admin: Person, asked: Any, said: str):
    made = await make(house, admin)
    for refused in (
        await house.post(DIRECTIVES, {"name": "another", **asked}, admin.token),
        await do(house, admin, made, "versions", asked),
    ):
        assert refusal(refused) == (400, "invalid_request", "text")
        assert said in refused.json()["error"]["message"]
    assert len((await house.get(DIRECTIVES, admin.token)).json()["data"]) == 1


async def test_an_agent_is_given_it_with_what_it_needs(house: House, admin: Person):
    made = await make(house, admin, "Be {tone}.", variables={"tone": {}})
    agent = {"name": "writer", "directive_id": made["id"]}
    refused = await house.post(AGENTS, agent, admin.token)
    assert refusal(refused) == (400, "invalid_request", "metadata")
    assert "has no tone in its metadata" in refused.json()["error"]["message"]
    given = (await house.post(AGENTS, {**agent, "metadata": {"tone": "brief"}}, admin.token)).json()
    assert (given["directive_id"], given["metadata"]) == (made["id"], {"tone": "brief"})
    path = f"{AGENTS}/{given['id']}"
    assert refusal(await house.patch(path, {"metadata": {}}, admin.token))[:2] == (400, "invalid_request")
    more = await do(house, admin, made, "versions", {"text": "{tone} {x}", "variables": {"tone": {}, "x": {}}})
    assert refusal(more) == (400, "invalid_request", "metadata")
    assert refusal(await house.delete(f"{DIRECTIVES}/{made['id']}", admin.token))[:2] == (409, "in_use")
    assert (await house.patch(path, {"directive_id": None, "metadata": {}}, admin.token)).json()["directive_id"] is None
    unknown = await house.patch(path, {"directive_id": "nothing"}, admin.token)
    assert refusal(unknown) == (404, "not_found", "directive_id")


async def test_a_change_needs_the_version_that_was_read(house: House, admin: Person):
    made = await make(house, admin)
    path = f"{DIRECTIVES}/{made['id']}"
    asked = {"activate": {"number": 1}, "versions": {"text": "x"}, "rollback": None}
    for verb, body in asked.items():
        assert refusal(await house.post(f"{path}/{verb}", body, admin.token))[:2] == (428, "version_required")
        assert refusal(await do(house, admin, made, verb, body, '"7"'))[:2] == (412, "version_conflict")


async def test_what_is_somebody_elses_does_not_exist(house: House, admin: Person):
    ada, bob = await house.person("dir-ada"), await house.person("dir-bob")
    hers = await make(house, ada)
    await make(house, bob)
    path = f"{DIRECTIVES}/{hers['id']}"
    for asked in (
        await house.get(path, bob.token),
        await house.get(f"{path}/versions", bob.token),
        await house.get(f"{path}/versions/1", bob.token),
        await house.get(f"{path}/diff", bob.token),
        await do(house, bob, hers, "activate", {"number": 1}),
        await house.delete(path, bob.token),
        await house.post(AGENTS, {"name": "a", "directive_id": hers["id"]}, bob.token),
    ):
        assert refusal(asked)[0] == 404
    assert refusal(await house.post(DIRECTIVES, {"name": "n", "text": "t", "user_id": None}, bob.token))[0] == 403
    assert refusal(await house.post(DIRECTIVES, {"name": "voice", "text": "t"}, ada.token))[:2] == (
        409, "already_taken",
    )  # fmt: skip
    found = (await house.get(DIRECTIVES, bob.token)).json()["data"]
    assert [each["user_id"] for each in found] == [bob.id]
    assert len((await house.get(f"{DIRECTIVES}?search=VOI", admin.token)).json()["data"]) == 2
