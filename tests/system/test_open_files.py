"""A worker has room for its connections before they come: what grows under load stops its loop."""

import re
import resource
from pathlib import Path

import pytest

from gossamer.worker.open_files import ROOM
from tests.system.gateway import standard_config, start_gateway


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how large the table is")
def test_a_worker_has_room_for_its_connections_before_they_come(tmp_path: Path):
    with start_gateway(tmp_path, standard_config("http://127.0.0.1:1")) as gateway:
        (worker,) = gateway.workers
        size = re.search(r"FDSize:\s+(\d+)", Path(f"/proc/{worker}/status").read_text())
        assert size is not None
        _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert int(size[1]) >= min(ROOM, allowed)
