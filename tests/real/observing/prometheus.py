"""A real Prometheus, as Debian packages it, with the files of deploy/prometheus."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from tests.house.pages import ROOT

FILES = ROOT / "deploy" / "prometheus"
PATIENCE_S = 30.0


class Prometheus:
    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, path: str, **words: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            connection.request("GET", f"/api/v1/{path}?{urlencode(words)}")
            return msgspec.json.decode(connection.getresponse().read())
        finally:
            connection.close()

    def query(self, words: str) -> list[Any]:
        answer = self.ask("query", query=words)
        assert answer["status"] == "success", f"{words}: {answer.get('error')}"
        found: list[Any] = answer["data"]["result"]
        return found

    def is_there(self) -> bool:
        try:
            return bool(self.ask("status/buildinfo")["status"] == "success")
        except (OSError, msgspec.DecodeError):
            return False


def eventually(happens: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.05)


@contextmanager
def prometheus_of(folder: Path, target: str) -> Iterator[Prometheus]:
    """Scrapes `target` every second."""
    config: Any = msgspec.yaml.decode((FILES / "prometheus.yml").read_bytes())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    (folder / "prometheus.yml").write_bytes(msgspec.yaml.encode(config))
    shutil.copy(FILES / "gossamer.rules.yml", folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        made = Prometheus(port)
        eventually(lambda: made.is_there() or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        yield made
    finally:
        process.terminate()
        process.wait()
