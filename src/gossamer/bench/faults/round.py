"""All faults once: sent, and then looked up in the books."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from gossamer.bench.faults.asking import Answer, ask
from gossamer.bench.faults.books import Record, Visits, ask_ledger, read_journal
from gossamer.bench.faults.cases import TARGETS, Case, Scale, Targets, cases_of, faults_of
from gossamer.bench.faults.judging import Cell
from gossamer.bench.faults.outage import Sent, Spell, outage_of, sit_out
from gossamer.bench.faults.rig import Rig, standing_rig
from gossamer.bench.faults.story import read_story

_AT_ONCE: Final = 8
"""Enough that the long ones lie beside each other, few enough that none waits for a core."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One cell of the outage: its requests, each with its books."""

    spell: Spell
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What was seen."""

    scale: Scale
    cells: tuple[Cell, ...]
    outages: tuple[Outage, ...]


def take_round(scale: Scale, targets: tuple[Targets, ...] = TARGETS) -> Round:
    """Start everything, ask, read the books, and end everything."""
    cases, outages = list(cases_of(faults_of(scale), targets)), list(cases_of((outage_of(scale),), targets))
    with standing_rig(cases, outages, scale) as rig:
        with ThreadPoolExecutor(1) as aside:
            waiting = aside.submit(sit_out, rig, scale, outages)
            asked = _ask_all(rig, cases)
            spells = waiting.result()
        rig.gateway.check()
        records = read_journal(rig.journal)
        cells = tuple(_cell(rig, rig.first, case, case.name, answer, records) for case, answer in asked)
        return Round(scale, cells, tuple(_outage(rig, spell, records) for spell in spells))


def _ask_all(rig: Rig, cases: Sequence[Case]) -> list[tuple[Case, Answer]]:
    def asked(case: Case) -> tuple[Case, Answer]:
        prefill = case.fault.prefill
        return case, ask(rig.port, rig.token, case.name, case.shape, case.name, prefill=prefill)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(asked, cases))


def _cell(
    rig: Rig, first: int | None, case: Case, request_id: str, answer: Answer, records: Mapping[str, Iterable[Record]]
) -> Cell:
    found = tuple(records.get(request_id, ()))
    visits = Visits() if first is None else ask_ledger(first, request_id)
    return Cell(case, answer, read_story(answer), found, visits, ask_ledger(rig.second, request_id))


def _outage(rig: Rig, spell: Spell, records: Mapping[str, Iterable[Record]]) -> Outage:
    """The mock that was away has ended by now, and its ledger with it."""

    def cell(sent: Sent) -> Cell:
        return _cell(rig, None, spell.case, sent.request_id, sent.answer, records)

    return Outage(spell, tuple(map(cell, spell.sent)))
