"""A real browser, spoken to over two pipes: Chromium without a window, and the few words of its protocol that it takes.

Whoever opens one closes it, best by `with`.
"""

import fcntl
import os
import shutil
import signal
import tempfile
from base64 import b64decode
from contextlib import suppress
from pathlib import Path
from select import select
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from tests.system.gateway import PATIENCE_S, eventually

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_TOLD_ON: Final = 3
_TELLS_ON: Final = 4
"""The descriptors that Chromium reads from and writes to, with --remote-debugging-pipe."""
_SPARE: Final = 10
"""Descriptors from here on are no standard ones, nor those."""
LOOKS_EVERY_S: Final = 0.02


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page in one browser with a profile of its own. `complaints` are errors of its scripts, and of its policy."""

    def __init__(self, program: str) -> None:
        self.complaints: list[str] = []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # it writes on while it dies
        told, self._to = map(_spare, os.pipe())
        self._from, tells = map(_spare, os.pipe())
        self._pid = os.posix_spawn(
            program,
            [
                program,
                "--headless=new",
                "--no-sandbox",  # where the tests are root there is none
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--remote-debugging-pipe",
                f"--user-data-dir={self._profile.name}",
            ],
            {**os.environ, "HOME": self._profile.name},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, told, _TOLD_ON),
                (os.POSIX_SPAWN_DUP2, tells, _TELLS_ON),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )
        for end in (told, tells):
            os.close(end)
        self._number = 0
        self._came = b""
        self._session: str | None = None
        page = self._call("Target.createTarget", url="about:blank")
        attached = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """What an expression comes to; a promise is waited for."""
        answer = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def text(self) -> str:
        """All that can be read on the page."""
        return str(self.run("document.body?.innerText ?? ''"))

    def sees(self, *words: str) -> None:
        """Sooner or later, all of it on one page."""
        deadline = monotonic() + PATIENCE_S
        while missing := [word for word in words if word not in (text := self.text())]:
            assert monotonic() < deadline, f"{missing} is not on the page:\n{text}"
            sleep(LOOKS_EVERY_S)

    def fill(self, place: str, text: str) -> None:
        """As somebody types it: the field has the focus, and the words come in from outside."""
        self.run(f"document.querySelector({_js(place)}).select()")
        self._call("Input.insertText", text=text)

    def click(self, place: str) -> None:
        """Once it is there."""
        eventually(lambda: bool(self.run(f"document.querySelector({_js(place)}) !== null")))
        self.run(f"document.querySelector({_js(place)}).click()")

    def look(self, *, width: int = 1200, height: int = 900, scheme: str = "light") -> None:
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path: Path) -> None:
        shot = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(b64decode(shot["data"]))

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        for end in (self._to, self._from):
            os.close(end)
        self._profile.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # --- its protocol: JSON with a NUL behind it, both ways ---

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            asked["sessionId"] = self._session
        os.write(self._to, msgspec.json.encode(asked) + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result
            self._note(told.get("method"), told.get("params", {}))

    def _note(self, event: str | None, params: dict[str, Any]) -> None:
        """Whatever nobody should see in a console. An answer of 401 or 403 is none of it."""
        if event == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif event == "Log.entryAdded" and params["entry"]["source"] != "network":
            self.complaints.append(str(params["entry"]))
        elif event == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(str(params["args"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._came:
            ready, _, _ = select([self._from], [], [], PATIENCE_S)
            assert ready, "the browser says nothing"
            more = os.read(self._from, 1 << 20)
            assert more, "the browser has ended"
            self._came += more
        line, _, self._came = self._came.partition(b"\0")
        told: dict[str, Any] = msgspec.json.decode(line)
        return told


def _spare(descriptor: int) -> int:
    """The same, with a number that no process expects something of, and closed in children."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _SPARE)
    os.close(descriptor)
    return moved


def _js(text: str) -> str:
    return msgspec.json.encode(text).decode()
