import socket
from textwrap import dedent

import pytest

NO_TABLES = "the first start makes them"


def masked(text: str, tmp_path, port: int) -> str:
    return text.replace(str(tmp_path), "DIR").replace(str(port), "PORT")


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_all_is_well(gossamer, tmp_path, closed_port):
    (tmp_path / "gossamer.yaml").write_text(
        f"server: {{port: {closed_port}}}\njournal: {{max_size: 4MiB, segment_size: 1MiB}}"
    )
    status, out, err = gossamer("doctor")
    lines = masked(out, tmp_path, closed_port).splitlines()
    assert (status, err) == (0, "")
    assert lines[0] == "ok    config          gossamer.yaml: valid"
    assert lines[1] == "ok    data_dir        DIR/.gossamer does not exist yet and can be made"
    assert lines[2].startswith("ok    journal         ")
    assert (
        lines[3] == "ok    state           sqlite:///.gossamer/state.db has no tables yet; the first start makes them"
    )
    assert lines[4] == "ok    server          127.0.0.1:PORT is free"
    assert lines[5] == "ok    providers.mock  answers inside the gateway"
    assert lines[6:] == ["all 6 ok"]


def test_a_provider_that_is_down_makes_it_fail(gossamer, tmp_path, closed_port):
    (tmp_path / "gossamer.yaml").write_text(
        dedent(f"""\
            server: {{port: 0, uds: {tmp_path}/g.sock, tls: {{certificate: nope.pem, key: nope.pem}}}}
            journal: {{max_size: 4MiB, segment_size: 1MiB}}
            providers: {{p: {{kind: openai-compatible, base_url: "http://127.0.0.1:{closed_port}"}}}}
        """)
    )
    status, out, _ = gossamer("doctor")
    assert status == 1
    assert [line.split()[:2] for line in out.splitlines()[:-1]] == [
        ["ok", "config"],
        ["ok", "data_dir"],
        ["ok", "journal"],
        ["ok", "state"],
        ["ok", "server"],
        ["ok", "server.uds"],
        ["fail", "server.tls"],
        ["ok", "providers.mock"],
        ["fail", "providers.p"],
        ["ok", "providers.p"],
    ]
    assert out.splitlines()[-1] == "2 failed, 8 ok"


def test_a_broken_configuration_is_all_there_is_to_say(gossamer, tmp_path):
    (tmp_path / "gossamer.yaml").write_text("server: {prot: 1}")
    status, out, _ = gossamer("doctor")
    assert status == 1
    assert out == (
        "fail  config  gossamer.yaml:1: server.prot: unknown key; "
        "did you mean port? keys here: host, limits, port, tls, uds, workers\n"
        "1 failed\n"
    )


def test_the_overrides_are_named(gossamer, monkeypatch):
    monkeypatch.setenv("GOSSAMER_SERVER__PORT", "0")
    _, out, _ = gossamer("doctor")
    assert out.splitlines()[0] == "ok    config          built-in defaults: valid, with GOSSAMER_SERVER__PORT"
