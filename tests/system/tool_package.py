"""Functions of a package that is installed nowhere, as tools of a gateway that is started after: by its path alone."""

import sys
from pathlib import Path


def make_tools(folder: Path, source: str, *functions: str) -> Path:
    """Found by every gateway that this process starts from now on, until the path is taken back. Returns the path."""
    package = folder / "packages"
    described = package / "test_tools-1.dist-info"
    described.mkdir(parents=True)
    (package / "tools_of_tests.py").write_text(source)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: test-tools\nVersion: 1\n")
    points = "".join(f"{name} = tools_of_tests:{name}\n" for name in functions)
    (described / "entry_points.txt").write_text(f"[gossamer.tools]\n{points}")
    sys.path.append(str(package))
    return package
