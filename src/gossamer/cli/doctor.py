"""`gossamer doctor`: one line for each thing that the gateway leans on, and what to do where it is not as it should be.

Only the order and the form of the report are here; the looking is done in probe_node.py and probe_providers.py.
"""

import argparse
import os
from pathlib import Path
from typing import Final

from gossamer.cli.config import add_config_option, load_chosen
from gossamer.cli.probe_agents import probe_agents
from gossamer.cli.probe_audit import probe_audit
from gossamer.cli.probe_counters import probe_cache, probe_counters
from gossamer.cli.probe_node import (
    Finding,
    probe_certificate,
    probe_data_dir,
    probe_disk,
    probe_garbled,
    probe_port,
    probe_unix_socket,
)
from gossamer.cli.probe_providers import probe_providers
from gossamer.cli.probe_state import probe_state
from gossamer.cli.probe_telemetry import probe_telemetry
from gossamer.cli.probe_tools import probe_tools
from gossamer.cli.probe_traces import probe_traces
from gossamer.config.load import Loaded
from gossamer.config.problems import ConfigError
from gossamer.config.settings import Settings
from gossamer.config.values import AUDIT_WORDS, IN_MEMORY, TRACES_HERE

HEALTHY: Final = 0
UNHEALTHY: Final = 1


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("doctor", help="is everything that the gateway leans on there and reachable?")
    add_config_option(parser)
    parser.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace) -> int:
    findings = examine(args.config)
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        print(f"{finding.word:<4}  {finding.subject:<{width}}  {finding.text}")
    print(summarise(findings))
    return UNHEALTHY if any(finding.word == "fail" for finding in findings) else HEALTHY


def examine(config: Path | None) -> list[Finding]:
    """Every finding, in the order of the file. A configuration that cannot be read is all there is to say."""
    try:
        loaded = load_chosen(config)
    except ConfigError as error:
        return [Finding("fail", "config", str(problem)) for problem in error.problems]
    found = Finding("ok", "config", _origin(loaded))
    return [
        found,
        *_examine_node(loaded.settings),
        *probe_providers(loaded.settings.providers, os.environ),
        *probe_tools(loaded.settings.tools),
        *probe_agents(Path(loaded.settings.data_dir), loaded.settings),
    ]


def summarise(findings: list[Finding]) -> str:
    words = [finding.word for finding in findings]
    if set(words) == {"ok"}:
        return f"all {len(words)} ok"
    counts = ((words.count("fail"), "failed"), (words.count("warn"), "to watch"), (words.count("ok"), "ok"))
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _origin(loaded: Loaded) -> str:
    overrides = ", ".join(override.variable for override in loaded.overrides)
    return f"{loaded.source}: valid" + (f", with {overrides}" if overrides else "")


def _examine_node(settings: Settings) -> list[Finding]:
    data_dir = Path(settings.data_dir)
    findings = [
        probe_data_dir(data_dir),
        probe_disk(data_dir, settings.journal),
        probe_state(settings.state),
        probe_port(settings.server),
    ]
    if (garbled := probe_garbled(data_dir)) is not None:
        findings.append(garbled)
    if settings.server.uds is not None:
        findings.append(probe_unix_socket(settings.server.uds))
    if settings.server.tls is not None:
        findings.append(probe_certificate(settings.server.tls))
    if settings.counters != IN_MEMORY:
        findings.append(probe_counters(settings.counters))
        if settings.cache.enabled and settings.cache.l2 == "redis":
            findings.append(probe_cache(settings.counters, has_secret=settings.cache.secret is not None))
    if settings.traces not in TRACES_HERE:
        findings.append(probe_traces(settings.traces))
    audit = settings.audit_in_full
    if audit.to not in AUDIT_WORDS:
        findings.append(probe_audit(audit))
    if settings.telemetry is not None:
        findings.append(probe_telemetry(settings.telemetry))
    return findings
