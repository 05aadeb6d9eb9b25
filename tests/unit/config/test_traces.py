"""Where traces are kept, and for how long: what the file says is what is in force, and no password is shown."""

from pathlib import Path

import pytest
import yaml

from gossamer.config.show import show_settings

URL = "clickhouse://ann:very-secret@h:8123/llm?cluster=main"


@pytest.mark.parametrize("traces", ["sqlite", "none", URL])
def test_what_the_file_says_is_in_force(read, traces: str):
    settings = read(f"traces: {traces}\nretention: {{traces: 2d, usage_minutes: 3h}}")
    assert settings.traces == traces
    assert (settings.retention.traces_s, settings.retention.usage_minutes_s) == (2 * 86400, 3 * 3600)


def test_a_password_is_not_shown(read):
    shown = yaml.safe_load(show_settings(read(f"traces: {URL}")))
    assert shown["traces"] == "clickhouse://ann:****@h:8123/llm?cluster=main"


@pytest.mark.parametrize(
    ("traces", "said"),
    [
        ("sqlit", "neither a word for a store nor a URL"),
        ("clickhouse://ann:very-secret@h:9000", "native protocol"),
        ("postgresql://ann:very-secret@h/llm", "the scheme postgresql is not known"),
    ],
)
def test_a_mistake_is_named_without_the_password(complaints, traces: str, said: str):
    (complaint,) = complaints(f"traces: {traces}")
    assert said in complaint
    assert "very-secret" not in complaint


def test_the_url_of_the_example_is_one(read):
    page = Path("docs/howto/clickhouse.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith("traces: ")]
    assert read(line, {"CLICKHOUSE_PASSWORD": "x"}).traces.startswith("clickhouse://gossamer:x@")
