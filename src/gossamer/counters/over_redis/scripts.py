"""What Redis does in one step for one request: admit, settle, renew. Lua, carried out by Redis without interruption.

The clock is that of Redis, so that all workers of all nodes count the same seconds; days and months come from the
worker, as a name for the counter: at midnight two clocks may differ, and none of the money is counted twice or lost.

A subject has up to four keys, all of one slot (plan.py names them):
    w  a hash: the windows of requests and tokens: by second modulo 61, with their sums, and as of which second (n)
    l  a sorted set: leases, with the time in ms at which they end by themselves; `lease|reserved nanos`. Those that
       take no place (calls of a run that has one) stand APART: so much later than they end
    v  a number: nanos that the leases have reserved
    b  a hash for each month: nanos spent in it (m) and in its days (d and the number of the day)
"""

from typing import Final

APART: Final = 10**15
"""Between the ms of leases that take a place and those that take none: later than any clock shows, and exact."""

_WINDOWS: Final = """
local SPAN = 61
local time = redis.call('TIME')
local now = tonumber(time[1])
local ms = now * 1000 + math.floor(tonumber(time[2]) / 1000)

-- The window as of now: what is over is forgotten. n is its second, rs and ts are its sums, u is when it was last added
-- to, r and t are what was added in second n.
local function advance(w)
  local f = redis.call('HMGET', w, 'n', 'rs', 'ts', 'u', 'r' .. (now % SPAN), 't' .. (now % SPAN))
  local c = { n = tonumber(f[1] or 0), rs = tonumber(f[2] or 0), ts = tonumber(f[3] or 0), u = tonumber(f[4] or 0) }
  if c.n == now then
    c.r, c.t = tonumber(f[5] or 0), tonumber(f[6] or 0)
    return c
  end
  if c.n > now then -- the clock was put back: it stands still until the time comes again
    f = redis.call('HMGET', w, 'r' .. (c.n % SPAN), 't' .. (c.n % SPAN))
    c.r, c.t = tonumber(f[1] or 0), tonumber(f[2] or 0)
    return c
  end
  if now - c.n >= SPAN then
    redis.call('DEL', w)
    c.rs, c.ts = 0, 0
  else
    local over = {}
    for s = c.n + 1, now do
      over[#over + 1] = 'r' .. (s % SPAN)
      over[#over + 1] = 't' .. (s % SPAN)
    end
    local v = redis.call('HMGET', w, unpack(over))
    for i = 1, #over, 2 do
      c.rs = c.rs - (v[i] or 0)
      c.ts = c.ts - (v[i + 1] or 0)
    end
    redis.call('HDEL', w, unpack(over))
  end
  c.n, c.r, c.t = now, 0, 0
  redis.call('HSET', w, 'n', now, 'rs', c.rs, 'ts', c.ts)
  redis.call('EXPIRE', w, SPAN * 2)
  return c
end

-- Let so much in.
local function enter(w, c, requests, tokens)
  c.rs, c.ts, c.r, c.t, c.u = c.rs + requests, c.ts + tokens, c.r + requests, c.t + tokens, c.n
  redis.call('HSET', w, 'rs', c.rs, 'ts', c.ts, 'r' .. (c.n % SPAN), c.r, 't' .. (c.n % SPAN), c.t, 'u', c.u)
end

-- What a lease had reserved is free.
local function release(v, nanos)
  if redis.call('DECRBY', v, nanos) <= 0 then redis.call('DEL', v) end
end

-- Take back what was let in at that second, unless it is over by now.
local function take_back(w, c, second, requests, tokens)
  if c.n - second >= SPAN or second > c.n then return end
  local f = redis.call('HMGET', w, 'r' .. (second % SPAN), 't' .. (second % SPAN))
  requests = math.min(requests, tonumber(f[1] or 0))
  tokens = math.min(tokens, tonumber(f[2] or 0))
  if requests > 0 then
    redis.call('HINCRBY', w, 'rs', -requests)
    redis.call('HINCRBY', w, 'r' .. (second % SPAN), -requests)
  end
  if tokens > 0 then
    redis.call('HINCRBY', w, 'ts', -tokens)
    redis.call('HINCRBY', w, 't' .. (second % SPAN), -tokens)
  end
end
"""

ADMIT: Final = (
    _WINDOWS
    + f"local APART, APART_SAID = {APART}, '{APART}'\n"
    + """
-- The ms until so much of what is counted has gone.
local function wait(w, n, kind, amount)
  local names = {}
  for s = n - SPAN + 1, n do names[#names + 1] = kind .. (s % SPAN) end
  local v = redis.call('HMGET', w, unpack(names))
  local gone = 0
  for i = 1, #names do
    gone = gone + (v[i] or 0)
    if gone >= amount then return (n - SPAN + i + SPAN) * 1000 - ms end
  end
  return SPAN * 1000
end

-- Leases of workers that died end here, and what they had reserved is free.
local function sweep(l, v, since)
  local dead = redis.call('ZRANGEBYSCORE', l, since, since + ms, 'LIMIT', 0, 1000)
  if #dead == 0 then return end
  redis.call('ZREM', l, unpack(dead))
  if v then
    for i = 1, #dead do release(v, string.match(dead[i], '|(%d+)$')) end
  end
end

local lease, tokens_said, nanos_said = string.match(ARGV[1], '^(%S+) (%S+) (%S+)$')
local tokens, nanos = tonumber(tokens_said), tonumber(nanos_said)
local lease_ms, day = tonumber(ARGV[2]), ARGV[3]
local checks, k = {}, 0
local worst, kind, waits = 0, 0, -1

-- Of all that have no room, the one that takes longest: a month, a day, and before all what no wait makes room for.
local function refuse(i, what, ms_to_wait)
  if waits == -2 then return end
  if ms_to_wait == -2 or ms_to_wait > waits then worst, kind, waits = i, what, ms_to_wait end
end

for i = 1, (#ARGV - 3) / 5 do
  local at = 3 + (i - 1) * 5
  local c = {
    requests = tonumber(ARGV[at + 1]), tokens = tonumber(ARGV[at + 2]), places = tonumber(ARGV[at + 3]),
    day = tonumber(ARGV[at + 4]), month = tonumber(ARGV[at + 5]),
  }
  checks[i] = c
  if c.requests >= 0 or c.tokens >= 0 then
    k = k + 1
    c.w = KEYS[k]
    c.s = advance(c.w)
    if c.requests >= 0 and c.s.rs + 1 > c.requests then
      refuse(i, 1, wait(c.w, c.s.n, 'r', c.s.rs + 1 - c.requests))
    end
    if c.tokens >= 0 and c.s.ts + tokens > c.tokens then
      refuse(i, 2, tokens > c.tokens and -2 or wait(c.w, c.s.n, 't', c.s.ts + tokens - c.tokens))
    end
  end
  local has_budget = c.day >= 0 or c.month >= 0
  if c.places >= 0 or has_budget then
    c.l = KEYS[k + 1]
    k = k + 1
    if has_budget then
      c.v, c.b = KEYS[k + 1], KEYS[k + 2]
      k = k + 2
    end
    sweep(c.l, c.v, 0)
    if has_budget then sweep(c.l, c.v, APART) end -- what takes no place is there for its money alone
    if c.places >= 0 and redis.call('ZCOUNT', c.l, 0, '(' .. APART_SAID) >= c.places then refuse(i, 3, 1000) end
    if has_budget then
      local reserved = tonumber(redis.call('GET', c.v) or 0) + nanos
      local spent = redis.call('HMGET', c.b, day, 'm')
      if c.day >= 0 and tonumber(spent[1] or 0) + reserved > c.day then refuse(i, 4, 1e8) end
      if c.month >= 0 and tonumber(spent[2] or 0) + reserved > c.month then refuse(i, 5, 1e9) end
    end
  end
end

local answer = { worst, kind, waits, now }
for i = 1, #checks do
  local c = checks[i]
  if worst == 0 then
    if c.w then enter(c.w, c.s, 1, c.tokens >= 0 and tokens or 0) end
    if c.l then
      redis.call('ZADD', c.l, ms + lease_ms + (c.places == -2 and APART or 0), lease .. '|' .. nanos_said)
      redis.call('PEXPIRE', c.l, 86400000)
    end
    if c.v then
      redis.call('INCRBY', c.v, nanos_said)
      redis.call('PEXPIRE', c.v, 86400000)
    end
  end
  answer[#answer + 1] = c.requests >= 0 and math.max(0, c.requests - c.s.rs) or -1
  answer[#answer + 1] = c.tokens >= 0 and math.max(0, c.tokens - c.s.ts) or -1
  answer[#answer + 1] = c.s and math.max(0, c.s.u + SPAN - c.s.n) or 0
end
return answer
"""
)
"""ARGV: the lease, tokens and nanos in one; the lease's ms, the day's field; then five limits a subject, -1 for none;
-2 places: it takes none.
Answers: which subject refused (0: none), by which limit, the ms to wait (-2: no use; a budget's is the worker's to
know), the second; then for each subject the requests and tokens left, and the seconds until all is free."""

SETTLE: Final = (
    _WINDOWS
    + """
local member, second, requests, tokens, reserved, nanos, number =
  string.match(ARGV[1], '^(%S*) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
second, requests, tokens, nanos = tonumber(second), tonumber(requests), tonumber(tokens), tonumber(nanos)
local sequence, day = tonumber(number), ARGV[2]
local k = 0

local is_new = true
if sequence > 0 then
  k = 1
  is_new = tonumber(redis.call('GET', KEYS[1]) or 0) < sequence
  if is_new then redis.call('SET', KEYS[1], number, 'EX', 3600) end
end

for i = 3, #ARGV do
  local has = ARGV[i]
  if string.find(has, 'w') then
    k = k + 1
    if requests > 0 or tokens ~= 0 then
      local c = advance(KEYS[k])
      local is_counted = string.find(has, 't')
      if requests > 0 or tokens < 0 then
        take_back(KEYS[k], c, second, requests, is_counted and math.max(0, -tokens) or 0)
      end
      if tokens > 0 and is_counted then enter(KEYS[k], c, 0, tokens) end
    end
  end
  if string.find(has, 'l') then
    k = k + 1
    local was_held = member ~= '' and redis.call('ZREM', KEYS[k], member) == 1
    if string.find(has, 'b') then
      if was_held then release(KEYS[k + 1], reserved) end
      if nanos > 0 and is_new then
        local b = KEYS[k + 2]
        if redis.call('HINCRBY', b, 'm', nanos) == nanos then redis.call('EXPIRE', b, 3456000) end
        redis.call('HINCRBY', b, day, nanos)
      end
      k = k + 2
    end
  end
end
return 1
"""
)
"""ARGV: in one the lease as it stands in l ('' for none), the second of its admission, requests to take back, tokens
used beyond the estimate, nanos reserved, nanos spent, and a number that grows with each settlement of this worker (0:
no money); the day's field; then for each subject which keys it has: w, with t where tokens are limited, l, b.
With money the first key says which number was the last: what is sent twice is counted once. 40 days outlive a month."""

RENEW: Final = """
local time = redis.call('TIME')
local ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for i = 1, #KEYS do
  local until_ms = ms + tonumber(ARGV[1 + i])
  if redis.call('ZADD', KEYS[i], 'XX', until_ms, ARGV[1]) then redis.call('PEXPIRE', KEYS[i], 86400000) end
end
return 1
"""
"""ARGV: the lease as it stands in l, and for how many ms more in each of KEYS: every l that it stands in."""
