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
if ARGV[3] ~= '-' and redis.call('GET', KEYS[2]) ~= ARGV[3] then
  if redis.call('EXISTS', KEYS[1], KEYS[3]) == 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[2], KEYS[3])
return 1
"""
"""The lease ends with it, whoever has it: who asked before for a newer answer finds the lease gone, and what it brings
then is the older one, whatever its form. Without a lease ('-') it was asked for as a new one."""

DISCARD: Final = """
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
"""An entry that begins so."""

FREE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
RENEW: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""
FORGET: Final = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1
"""
"""A note, if it is still the one that was read."""

LOADS: Final = tuple(encode("SCRIPT", "LOAD", script) for script in (LOOK, KEEP, DISCARD, FREE, RENEW, FORGET))


def sha_of(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
