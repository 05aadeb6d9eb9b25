"""What a reload may change, and what waits for a restart."""

from typing import Any

import pytest
from msgspec.structs import replace

from gossamer.config.settings import (
    ControlSettings,
    JournalSettings,
    LimitSettings,
    ServerSettings,
    Settings,
    TlsSettings,
)
from gossamer.supervisor.changes import hold_fixed, needs_restart

RUNNING = Settings(server=ServerSettings(port=8080, workers=2))
SMALLER = JournalSettings(max_size_bytes=1024**3 // 2)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, []),
        ({"host": "0.0.0.0"}, ["server.host"]),
        ({"port": 9090, "workers": 4}, ["server.port", "server.workers"]),
        ({"uds": "/run/g.sock"}, ["server.uds"]),
        ({"tls": TlsSettings(certificate="c.pem", key="k.pem")}, ["server.tls"]),
        ({"limits": LimitSettings(drain_timeout_s=1.0)}, []),
    ],
)
def test_each_setting_that_waits_for_a_restart_is_named(change: dict[str, Any], names: list[str]):
    wanted = replace(RUNNING, server=replace(RUNNING.server, **change))
    assert needs_restart(RUNNING, wanted) == names


@pytest.mark.parametrize("change", [{"data_dir": "elsewhere"}, {"state": "sqlite:///elsewhere"}, {"journal": SMALLER}])
def test_where_and_how_records_are_kept_waits_too(change: dict[str, Any]):
    assert needs_restart(RUNNING, replace(RUNNING, **change)) == list(change)


def test_where_administration_listens_waits_too_and_whether_it_is_exposed_does_not():
    wanted = replace(RUNNING, control=ControlSettings(listen="127.0.0.1:1", expose=False))
    assert needs_restart(RUNNING, wanted) == ["control.listen"]
    assert hold_fixed(RUNNING, wanted).control == ControlSettings(expose=False)


def test_what_waits_stays_and_the_rest_is_taken_over():
    wanted = Settings(
        server=ServerSettings(host="0.0.0.0", port=1, workers=9, limits=LimitSettings(header_count=7)),
        data_dir="elsewhere",
        journal=SMALLER,
        models={"small": "mock/mock"},
    )
    held = hold_fixed(RUNNING, wanted)
    assert needs_restart(RUNNING, held) == []
    assert held.server.limits.header_count == 7
    assert held.models == {"small": "mock/mock"}
