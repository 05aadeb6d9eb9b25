"""Ids that are minted: unlike each other, beyond the thousand that is rendered at once."""

import re

from gossamer.core.ids import mint


def test_no_id_comes_twice() -> None:
    first, second = mint("a1"), mint("b2")
    ids = [first() for _ in range(2500)] + [second() for _ in range(2500)]
    assert len(set(ids)) == 5000
    assert all(re.fullmatch(r"req_(a1|b2)-[0-9]{4,}", minted) for minted in ids)
    assert ids[0] == "req_a1-0000"
    assert ids[1000] == "req_a1-1000"
