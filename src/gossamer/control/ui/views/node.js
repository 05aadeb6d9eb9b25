// How this node fares: circuits that are open, what the cache gave, and how far what is shown here is behind.

import { el } from "../dom.js";
import { totalOf } from "../metrics.js";
import { tile } from "../tile.js";
import { count, duration, percent } from "../words.js";

const MS_PER_S = 1000;
const USD_PLACES = 6;

export function node(seen) {
  const head = el("h2", {}, "This node");
  if (seen === null)
    return el("section", {}, head, el("p", { class: "empty" }, "Only an administrator may see it from here."));
  const hits = totalOf(seen("gossamer_cache_hits_total"));
  const misses = totalOf(seen("gossamer_cache_misses_total"));
  const saved = totalOf(seen("gossamer_cache_saved_usd_total"));
  const lag = Math.max(0, ...seen("gossamer_journal_lag_seconds").map(({ value }) => value));
  return el(
    "section",
    {},
    head,
    el("p", { class: "hint" }, "From /metrics: over all callers, and since the counting began."),
    el(
      "div",
      { class: "tiles" },
      circuits(seen("gossamer_breaker_open")),
      tile(
        "Answers from the cache",
        count(hits),
        hits + misses ? `${percent(hits, hits + misses)} of those that could be` : "no cache, or nothing asked of it",
      ),
      tile("Saved by the cache", `${saved.toFixed(USD_PLACES)} USD`, "what those answers had cost"),
      tile("Under way", count(totalOf(seen("gossamer_worker_in_flight"))), "requests, in all workers"),
      tile("Behind the journal", duration(lag * MS_PER_S), "the sink that is furthest behind"),
    ),
  );
}

function circuits(samples) {
  const open = samples.filter(({ value }) => value > 0).map(({ labels }) => labels.target);
  return tile(
    "Circuits open",
    count(open.length),
    open.length ? open.join(", ") : `of ${count(samples.length)} targets that are watched`,
  );
}
