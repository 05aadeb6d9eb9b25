from collections.abc import Iterator

import pytest

from tests.real.telemetry.playing import Playing, play


@pytest.fixture
def collector() -> Iterator[Playing]:
    with play() as playing:
        yield playing
