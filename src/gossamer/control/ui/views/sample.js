// What the latest requests say of the gateway itself: what it added to each, and for how many another target stood in.

import { tile } from "../tile.js";
import { count, duration, plural } from "../words.js";

const MEDIAN = 0.5;
const NEARLY_ALL = 0.99;
const FAILED = 400;

export function sample(traces) {
  const own = traces.map((trace) => trace.overhead_ms).sort((a, b) => a - b);
  const saved = traces.filter((trace) => trace.attempts.length > 1 && trace.status < FAILED).length;
  const of = `of the latest ${plural(traces.length, "request")} in this time`;
  return [
    tile(
      "The gateway's own part",
      `${duration(quantile(own, MEDIAN))} / ${duration(quantile(own, NEARLY_ALL))}`,
      `p50 / p99 ${of}`,
    ),
    tile("Saved by another try", count(saved), `answered after a target had failed, ${of}`),
  ];
}

/** The smallest value that so large a share does not exceed. */
const quantile = (sorted, share) => (sorted.length ? sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] : null);
