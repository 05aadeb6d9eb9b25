"""A package with entry points as pip leaves it behind: its module, and what is written of it beside that."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_METADATA = "Metadata-Version: 2.1\nName: brought-by-tests\nVersion: 1\n"

HANG = '''
import asyncio, time
async def hang(file: str) -> str:
    """Waits, and writes down when it is ended: nanoseconds of the machine's clock."""
    open(file, "w").close()
    try:
        await asyncio.sleep(3600)
    finally:
        with open(file, "w") as told:
            told.write(str(time.monotonic_ns()))
'''
"""A tool by which one sees how soon it is ended."""


@contextmanager
def installed(folder: Path, source: str, *, tools: Sequence[str] = (), patterns: Sequence[str] = ()) -> Iterator[None]:
    """Found by every gateway that this process starts meanwhile. Functions and classes of the source, by their names;
    NAME=ELSEWHERE leads elsewhere.
    """
    described = folder / "packages" / "brought_by_tests-1.dist-info"
    described.mkdir(parents=True)
    (described.parent / "brought_by_tests.py").write_text(source)
    (described / "METADATA").write_text(_METADATA)
    (described / "entry_points.txt").write_text(
        f"[gossamer.tools]\n{_points(tools)}[gossamer.patterns]\n{_points(patterns)}"
    )
    sys.path.append(str(described.parent))
    try:
        yield
    finally:
        sys.path.remove(str(described.parent))


def _points(names: Sequence[str]) -> str:
    split = (name.partition("=") for name in names)
    return "".join(f"{name} = {where or f'brought_by_tests:{name}'}\n" for name, _, where in split)
