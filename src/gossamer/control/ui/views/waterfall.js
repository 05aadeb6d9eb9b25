// Where the time of a request went: each stage as a bar that begins where the one before it ended.

import { el, svg } from "../dom.js";
import { duration } from "../words.js";

const WIDTH = 1000;
const THINNEST = 2;
const MEANS = {
  queue: "until the gateway took it up",
  identify: "path, ids, the digest of the key",
  authenticate: "what the key may do",
  verify_agent: "whether it may speak for its agent",
  read_body: "the model, whether a stream is asked for",
  route: "which provider and model answer",
  limit: "whether there is room",
  cache: "whether the answer is known",
  dispatch: "making what goes up, and a connection",
  provider: "until the provider's answer began",
  forward: "until the head of the answer was made",
};
const REST = "the answer's body";

export function waterfall(trace) {
  const stages = staged(trace);
  const all = stages.reduce((sum, { ms }) => sum + ms, 0);
  let from = 0;
  const rows = stages.map(({ name, ms }) => {
    const row = line(name, ms, from, all);
    from += ms;
    return row;
  });
  const heads = ["Stage", "Took", "When"].map((head, at) =>
    el("th", { scope: "col", class: at === 1 ? "number" : null }, head),
  );
  return el(
    "div",
    { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Where the time went" },
    el(
      "table",
      { class: "waterfall" },
      el("caption", {}, `Where the time went: ${duration(all)}`),
      el("thead", {}, el("tr", {}, heads)),
      el("tbody", {}, rows),
    ),
  );
}

/** The stages end where the head of the answer is made; what comes then is the body. */
function staged(trace) {
  const stages = Object.entries(trace.stages).map(([name, ms]) => ({ name, ms }));
  const rest = trace.total_ms - stages.reduce((sum, { ms }) => sum + ms, 0);
  return rest > 0.0005 * stages.length ? [...stages, { name: REST, ms: rest }] : stages;
}

function line(name, ms, from, all) {
  const scale = all ? WIDTH / all : 0;
  const width = Math.max(ms * scale, THINNEST);
  const x = Math.min(from * scale, WIDTH - width);
  const isTheirs = name === "provider" || name === REST;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, name, MEANS[name] ? el("small", {}, ` ${MEANS[name]}`) : null),
    el("td", { class: "number" }, duration(ms)),
    el(
      "td",
      { class: "when" },
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { x, y: 0, width, height: 10, class: isTheirs ? "theirs" : "bar" }),
      ),
    ),
  );
}
