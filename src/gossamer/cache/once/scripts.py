"""What Redis does in one step for answers under idempotency keys. Lua, carried out by Redis without interruption."""

from typing import Final

from gossamer.cache.scripts import FREE, RENEW
from gossamer.redis.resp import encode

CLAIM: Final = """
local found = redis.call('GET', KEYS[1])
if found then return found end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
"""What is there: an answer, or the claim of who is at work on it; else the claim is ours."""

KEEP: Final = """
local found = redis.call('GET', KEYS[1])
if found and found ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
"""In the place of our claim, or of nothing: Redis may have lost it. Never in that of another one's."""

LOADS: Final = tuple(encode("SCRIPT", "LOAD", script) for script in (CLAIM, KEEP, FREE, RENEW))
