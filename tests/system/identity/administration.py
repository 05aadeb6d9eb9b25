"""Users, keys and agents, made and changed as an operator's tools do it: over the admin API of one node."""

from typing import Any, NamedTuple

from tests.system.node import Answer, Node

PASSWORD = "a-long-enough-password"


class Made(NamedTuple):
    """A key, and the one look at its token."""

    id: str
    token: str


class Person:
    """Somebody who is logged in at a node."""

    def __init__(self, node: Node, login: Answer) -> None:
        self.node = node
        self.id = str(login.body["user"]["id"])
        self.token = str(login.body["token"])

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return self.node.request(method, path, self.token, body, **headers)

    def do(self, method: str, path: str, body: object = None) -> Any:
        """What must succeed: its body."""
        answer = self.ask(method, f"/admin/v1/{path}", body, if_match="*")
        assert answer.status < 300, answer
        return answer.body

    def add_key(self, **members: Any) -> Made:
        made = self.do("POST", "keys", {"name": "k", **members})
        return Made(made["id"], made["token"])

    def add_agent(self, **members: Any) -> str:
        return str(self.do("POST", "agents", {"name": "a", **members})["id"])

    def add_person(self, email: str) -> "Person":
        """A member with the same password, logged in."""
        self.do("POST", "users", {"email": email, "password": PASSWORD})
        return log_in(self.node, email)


def register(node: Node, email: str = "admin@example.com", password: str = PASSWORD) -> Person:
    """The first is an admin."""
    answer = node.request("POST", "/v1/auth/register", body={"email": email, "password": password})
    assert answer.status == 201, answer
    return Person(node, answer)


def log_in(node: Node, email: str, password: str = PASSWORD) -> Person:
    answer = node.request("POST", "/v1/auth/login", body={"email": email, "password": password})
    assert answer.status == 200, answer
    return Person(node, answer)
