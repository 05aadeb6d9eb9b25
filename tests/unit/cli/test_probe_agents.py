"""What doctor says of agents."""

import socket
from pathlib import Path

import pytest

from gossamer.cli import probe_agents as probing
from gossamer.cli.probe_agents import probe_agents
from gossamer.config.agents import AgentLimits, AgentSettings
from gossamer.config.settings import Settings
from gossamer.config.usage import PriceSettings

AGENTS = Settings(agents={"a": AgentSettings(model="m")})


def test_without_agents_there_is_nothing_to_say(tmp_path: Path):
    assert probe_agents(tmp_path, Settings()) == []


def test_nobody_runs(tmp_path: Path):
    (found,) = probe_agents(tmp_path, AGENTS)
    assert (found.word, found.subject) == ("ok", "agents")
    assert "no gateway" in found.text


def test_a_process_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(probing, "ASK_S", 0.01)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "agents.sock"))
        listening.listen()
        (found,) = probe_agents(tmp_path, AGENTS)
    assert found.word == "fail"
    assert "does not answer" in found.text


def test_an_agent_that_cannot_be_made_is_named(tmp_path: Path):
    agents = {"a": AgentSettings(model="m", pattern="gone"), "b": AgentSettings(model="m", output_schema='{"type": 1}')}
    *wrong, _ = probe_agents(tmp_path, Settings(agents=agents))
    assert [(each.word, each.subject) for each in wrong] == [("fail", "agents.a"), ("fail", "agents.b")]


def test_a_limit_of_money_that_nobody_can_keep_is_told(tmp_path: Path):
    limited = AgentLimits(cost_nanos=1)
    agents = {
        "alias": AgentSettings(model="tier", limits=limited),
        "priced": AgentSettings(model="up/priced", limits=limited),
        "free": AgentSettings(model="up/unknown"),
    }
    prices = {"up/priced": PriceSettings(input_picos=1)}
    (told, _) = probe_agents(tmp_path, Settings(agents=agents, models={"tier": "up/unknown"}, prices=prices))
    assert (told.word, told.subject) == ("warn", "agents.alias")
    assert "nobody knows what up/unknown costs" in told.text
