"""Records: what an older gateway wrote is read, and what has its default is not written."""

import msgspec

from gossamer.core.record import Usage


def test_usage_of_before_kinds_were_told_apart_is_read_and_written_as_it_was():
    line = b'{"input":412,"output":180,"cached":5,"reasoning":7}'
    usage = msgspec.json.decode(line, type=Usage)
    assert (usage.input, usage.output, usage.cached, usage.reasoning, usage.cache_write) == (412, 180, 5, 7, 0)
    assert msgspec.json.encode(usage) == line
