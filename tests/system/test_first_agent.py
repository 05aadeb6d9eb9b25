"""docs/howto/first-agent.md as people copy it: the server of tools, the configuration, and what they ask."""

import re
import sys
from pathlib import Path

import openai

from tests.house.pages import ROOT
from tests.system.gateway import start_gateway

PAGE = ROOT / "docs" / "howto" / "first-agent.md"
TOKEN = "gsm_my_first_agent_0123"


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_the_first_agent_uses_a_tool_of_its_own(tmp_path: Path):
    (tmp_path / "shop.py").write_text(block("python"))
    config = block("yaml")
    assert "command: [python, shop.py]" in config
    config = config.replace("[python, shop.py]", f'["{sys.executable}", shop.py]')
    with (
        start_gateway(tmp_path, config) as gateway,
        openai.OpenAI(base_url=gateway.base_url, api_key=TOKEN, max_retries=0) as client,
    ):
        answer = client.chat.completions.create(
            model="seller", messages=[{"role": "user", "content": "Do you have lamps?"}]
        )
    (step,) = answer.choices[0].message.gossamer["steps"]  # type: ignore[attr-defined]
    assert step["tool_call"]["name"] == "shop__stock"
    assert step["tool_result"]["text"].startswith("3 pieces of ")
    assert "3 pieces of" in (answer.choices[0].message.content or "")
