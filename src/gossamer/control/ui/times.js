// The times that one can look at, and the steps in which they are summed up.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const WINDOWS = {
  "1h": { words: "1 hour", ms: HOUR_MS, step: "minute", stepMs: MINUTE_MS },
  "24h": { words: "24 hours", ms: DAY_MS, step: "hour", stepMs: HOUR_MS },
  "7d": { words: "7 days", ms: 7 * DAY_MS, step: "hour", stepMs: HOUR_MS },
};

const iso = (ms) => new Date(ms).toISOString();

/** Whole steps, the one that is under way among them; `now` is in Unix milliseconds. */
export function boundsOf(name, now) {
  const { ms, step, stepMs } = WINDOWS[name];
  const until = Math.ceil((now + 1) / stepMs) * stepMs;
  const starts = Array.from({ length: ms / stepMs }, (_, at) => iso(until - ms + at * stepMs));
  return { since: starts[0], until: iso(until), step, starts };
}

export const sinceOf = (name, now) => (name in WINDOWS ? iso(now - WINDOWS[name].ms) : undefined);

export const daysBefore = (days, now) => iso(now - days * DAY_MS).slice(0, 10);

export const daysAhead = (days, now) => iso(now + days * DAY_MS);

/** The moment at which a UTC day begins. */
export const beginOf = (day) => day && `${day}T00:00:00Z`;

/** The moment at which it ends. What is no day is left for the gateway to name. */
export function endOf(day) {
  const begin = Date.parse(beginOf(day));
  return Number.isNaN(begin) ? beginOf(day) : iso(begin + DAY_MS);
}
