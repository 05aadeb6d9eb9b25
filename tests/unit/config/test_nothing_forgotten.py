"""What the file says of any part is in force: none is left at its default on the way."""

from pathlib import Path

from gossamer.config.load import load_settings
from gossamer.config.settings import Common, Settings

FILE = """
server: {port: 9000}
data_dir: elsewhere
control: {expose: false}
journal: {when_full: refuse}
traces: none
audit: none
retention: {traces: 1d}
responses: {state: provider}
sessions: {idle: 5m}
capture: {content: redacted, patterns: {staff: "EMP-[0-9]{6}"}}
telemetry: {otlp: "http://127.0.0.1:4318"}
log: {level: debug}
auth: {cache_ttl: 1m}
providers: {up: {kind: openai, api_keys: [sk-x]}}
models: {small: up/small}
counters: redis://localhost
counters_down: refuse
limits: {output_estimate: 7}
cache: {enabled: true}
idempotency: {running: wait}
prices: {up/small: {input: 1}}
agents: {a: {model: small}}
tools: {clock: {kind: mcp, command: [clock]}}
default_provider: up
"""


def test_each_part_of_the_file_is_in_force(tmp_path: Path):
    path = tmp_path / "gossamer.yaml"
    path.write_text(FILE)
    settings, defaults = load_settings(path, {}), Settings()
    same = [name for name in Common.__struct_fields__ if getattr(settings, name) == getattr(defaults, name)]
    assert same == []
