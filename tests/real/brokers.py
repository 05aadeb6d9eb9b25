"""A Kafka for tests, as a process of its own that can go and come back, and all that lies in a topic."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from gossamer.projections.audit.access import TopicAccess
from gossamer.projections.audit.address import parse_topic_url
from gossamer.projections.audit.event import TOPIC
from gossamer.projections.audit.topic_reading import TopicReading

PARTITIONS = 3


class Brokers:
    """One broker. What it has acknowledged it keeps while it is away."""

    def __init__(self, process: "subprocess.Popen[str]", topic: str) -> None:
        self._process = process
        assert process.stdout is not None
        self.url = f"kafka://{process.stdout.readline().strip()}/{topic}"

    @property
    def access(self) -> TopicAccess:
        return TopicAccess(address=parse_topic_url(self.url))

    def go(self) -> None:
        self._say("down")

    def come_back(self) -> None:
        self._say("up")

    def events(self) -> list[bytes]:
        """All that lies in the topic."""
        with closing(TopicReading(self.access)) as reading:
            found: list[bytes] = []
            while not reading.is_through:
                found += reading.poll()
        return found

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def running_brokers(topic: str = TOPIC, partitions: int = PARTITIONS) -> Iterator[Brokers]:
    command = [sys.executable, "-m", "tests.real.mock_brokers", topic, str(partitions)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield Brokers(process, topic)
        finally:
            process.kill()
