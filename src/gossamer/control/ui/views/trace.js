// One finished request: what became of it, where its time went, who was tried, and what it cost.

import { adviceOn } from "../advice.js";
import { ask } from "../api.js";
import { el, hrefOf } from "../dom.js";
import { named, names } from "../names.js";
import { facts, table } from "../table.js";
import { count, duration, moment } from "../words.js";
import { run } from "./run.js";
import { waterfall } from "./waterfall.js";

export async function show({ id }) {
  const [trace, known] = await Promise.all([ask("trace", { ids: { trace_id: id } }), names()]);
  return el(
    "section",
    {},
    el("h1", {}, "Trace ", el("code", {}, trace.id)),
    trace.error ? failure(trace) : null,
    facts(told(trace, known)),
    waterfall(trace),
    trace.attempts.length ? attempts(trace.attempts) : null,
    await run(trace),
    content(trace.content),
  );
}

const failure = ({ status, error }) =>
  el(
    "div",
    { class: "problem" },
    el("p", {}, el("strong", {}, `${status}: `), error),
    adviceOn(error) ? el("p", {}, adviceOn(error)) : null,
  );

function told(trace, known) {
  const { usage } = trace;
  return [
    ["At", moment(trace.at)],
    ["Asked", `${trace.method} ${trace.path}`],
    ["Asked for", trace.model ?? "no model"],
    ["Target", trace.target ?? "none: it was answered before"],
    ["Status", `${trace.status}, ${trace.outcome.replace("_", " ")}`],
    ["Ended", trace.finish],
    ["Streamed", trace.stream ? "yes" : "no"],
    [
      "Key",
      trace.key &&
        el("a", { href: hrefOf(["traces"], { key: trace.key }), title: trace.key }, named(known.keys, trace.key)),
    ],
    ["User", trace.user && named(known.users, trace.user)],
    ["Agent", trace.agent],
    ["Session", trace.session && el("a", { href: hrefOf(["sessions"], { name: trace.session }) }, trace.session)],
    ["Directive", trace.directive && `${trace.directive.id}, version ${trace.directive.number}`],
    ["Tokens read", usage && tokens(usage.input, usage.cached, "from the provider's cache")],
    ["Tokens written", usage && tokens(usage.output, usage.reasoning, "reasoning")],
    ["Cost", trace.cost_usd === null ? "unknown: there is no price, or nobody counted" : `${trace.cost_usd} USD`],
    ["In all", duration(trace.total_ms)],
    ["First byte after", trace.first_byte_ms && duration(trace.first_byte_ms)],
    ["The gateway's own part", duration(trace.overhead_ms)],
    ["Request id", el("code", {}, trace.request_id)],
  ];
}

const tokens = (all, part, what) => count(all) + (part ? `, ${count(part)} of them ${what}` : "");

const attempts = (rows) =>
  table(
    "Attempts, in their order",
    [
      { head: "Target", of: (row) => row.target },
      { head: "Status", kind: "number", of: (row) => (row.status ? String(row.status) : "no answer") },
      { head: "Took", kind: "number", of: (row) => duration(row.ms) },
      { head: "Error", of: (row) => row.error ?? "none" },
    ],
    rows,
    "",
  );

function content(captured) {
  const words =
    "What was asked and answered is not kept here: capture.content says whether it is (docs/howto/capture.md).";
  if (captured === null) return el("p", { class: "empty" }, words);
  return ["request", "answer"].map((name) => {
    const cut = captured[`${name}_cut_bytes`];
    return el(
      "section",
      {},
      el("h2", {}, name === "request" ? "Request" : "Answer", captured.is_redacted ? ", redacted" : null),
      el("pre", { tabindex: "0" }, captured[name] || `SHA-256 ${captured[`${name}_sha256`]}`),
      cut ? el("p", { class: "hint" }, `And ${count(cut)} bytes more.`) : null,
    );
  });
}
