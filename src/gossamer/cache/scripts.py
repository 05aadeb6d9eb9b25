"""What Redis does in one step for the cache. Lua, carried out by Redis without interruption.

All keys of one question lie in one slot: its two forms, and the lease of who is asking the provider.
"""

from hashlib import sha1
from typing import Final

from gossamer.redis.resp import encode

LOOK: Final = """
local e = redis.call('MGET', KEYS[1], KEYS[2])
if e[1] or e[2] then return {e[1], e[2], 0} end
if redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2]) then return {false, false, 1} end
return {false, false, 2}
"""
"""The entries; or whether the lease is ours (1) or somebody else's (2)."""

KEEP: Final = """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
return 1
"""
FREE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
RENEW: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""
LOADS: Final = tuple(encode("SCRIPT", "LOAD", script) for script in (LOOK, KEEP, FREE, RENEW))


def sha_of(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
