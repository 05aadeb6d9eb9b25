"""Whose word about an address is taken, as the server itself tells the sockets apart."""

from pathlib import Path

import httpx  # noqa: TID251 - a client on a Unix socket; nothing of it ships
import msgspec
import pytest

from tests.real.admin.served import serve


@pytest.mark.parametrize(("is_unix", "told"), [(True, "203.0.113.5"), (False, "127.0.0.1")])
def test_only_what_comes_over_the_unix_socket_is_believed(tmp_path: Path, is_unix: bool, told: str):
    uds = str(tmp_path / "c.sock") if is_unix else None
    with serve(f"sqlite:///{tmp_path}/state.db", tmp_path, uds) as served:
        transport = httpx.HTTPTransport(uds=uds) if uds else httpx.HTTPTransport()
        with httpx.Client(transport=transport, base_url=served.url, trust_env=False) as client:
            asked = {"email": served.admin.email, "password": "a wrong one"}
            failed = client.post("/v1/auth/login", json=asked, headers={"x-forwarded-for": "198.51.100.9, 203.0.113.5"})
            assert failed.status_code == 401
            token = {"authorization": f"Bearer {served.admin.token}"}
            (event,) = msgspec.json.decode(client.get("/admin/v1/audit?action=login.fail", headers=token).content)[
                "data"
            ]
    assert event["actor"]["address"] == told
