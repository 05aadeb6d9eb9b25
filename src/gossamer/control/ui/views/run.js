// The run of an agent as a tree: its calls of models, and the runs of agents that it asked. A run is named after the
// request that began it (req_X begins run_X), and its calls have that name as their session.

import { ask } from "../api.js";
import { el, hrefOf } from "../dom.js";
import { duration } from "../words.js";

const RUN = /^run_/;
const REQUEST = /^req_/;
const AGENT = /^agents\//;
const MOST_CALLS = 200;
const MOST_RUNS = 30;
const MOST_ABOVE = 10;

/** Null where the trace is neither a run nor a call of one. */
export async function run(trace) {
  const root = await rootOf(trace);
  if (!AGENT.test(root.target ?? "")) return null;
  const tree = await below(root, { runs: MOST_RUNS });
  return el(
    "section",
    {},
    el("h2", {}, "The run of the agent"),
    el("ul", { class: "tree" }, branch(tree, trace.id)),
    tree.isCut ? el("p", { class: "hint" }, "It is larger than is shown here.") : null,
  );
}

/** Up from call to run, as long as the run above is there and may be seen. */
async function rootOf(trace) {
  let found = trace;
  for (let step = 0; step < MOST_ABOVE && RUN.test(found.session ?? ""); step++) {
    const above = await ask("trace", { ids: { trace_id: found.session.replace(RUN, "req_") } }).catch(() => null);
    if (above === null) break;
    found = above;
  }
  return found;
}

async function below(trace, left) {
  const node = { trace, calls: [], isCut: false };
  if (!AGENT.test(trace.target ?? "")) return node;
  if (left.runs-- <= 0) return { ...node, isCut: true };
  const session = trace.id.replace(REQUEST, "run_");
  const page = await ask("traces", { query: { session, since: trace.at, order: "oldest", limit: MOST_CALLS } });
  for (const call of page.data) node.calls.push(await below(call, left));
  return { ...node, isCut: page.next !== null || node.calls.some((call) => call.isCut) };
}

function branch({ trace, calls }, shown) {
  const words = `${trace.target ?? trace.model ?? trace.path}`;
  const link = trace.id === shown ? el("strong", {}, words) : el("a", { href: hrefOf(["traces", trace.id]) }, words);
  const told = [
    `${trace.status}`,
    duration(trace.total_ms),
    trace.cost_usd && `${trace.cost_usd} USD`,
    trace.finish,
    trace.error,
  ];
  return el(
    "li",
    {},
    link,
    el("span", { class: "quiet" }, ` ${told.filter(Boolean).join(", ")}`),
    calls.length
      ? el(
          "ul",
          {},
          calls.map((call) => branch(call, shown)),
        )
      : null,
  );
}
