// Finished requests, searched. The search stands in the address, so it can be sent to somebody.

import { ask } from "../api.js";
import { button, el, go, hrefOf } from "../dom.js";
import { field, form, input, select } from "../form.js";
import { named, names } from "../names.js";
import { table } from "../table.js";
import { WINDOWS, sinceOf } from "../times.js";
import { count, duration, moment, orNothing, plural, utc } from "../words.js";

const A_PAGE = 50;
const MOST_PAGES = 10;
const US_PER_MS = 1000;
const OUTCOMES = ["completed", "refused", "client_gone", "provider_failed", "stream_broken"];

export async function show({ query }) {
  const known = await names();
  const found = [];
  const result = el("div", {});
  const search = searchOf(query);
  const more = async (after) => {
    const page = await pageOf(search, after);
    found.push(...page.data);
    result.replaceChildren(listed(found, known), further(page, found, more));
  };
  await more();
  return el("section", {}, el("h1", {}, "Traces"), filters(query, known), result);
}

function searchOf({ since, status, failed, ...rest }) {
  return { ...rest, since: sinceOf(since ?? "24h", Date.now()), status, failed: failed && "true", limit: A_PAGE };
}

/** A search for a text reads a part with each page, which may be empty: so it goes on for a while by itself. */
async function pageOf(search, after) {
  let page = { data: [], next: after };
  for (let pages = 0; pages < MOST_PAGES && page.data.length === 0; pages++) {
    page = await ask("traces", { query: { ...search, after: page.next } });
    if (page.next === null) break;
  }
  return page;
}

function further(page, found, more) {
  if (page.next === null)
    return el("p", { class: "hint" }, found.length ? `${plural(found.length, "request")}; there are no more.` : null);
  const at = new Date(Number(page.next.split(".")[0]) / US_PER_MS).toISOString();
  return el(
    "p",
    { class: "bar" },
    `${plural(found.length, "request")}, searched back to ${utc(at)}.`,
    button("Go on", () => more(page.next)),
  );
}

const tokens = (usage) => orNothing(usage && `${count(usage.input)} + ${count(usage.output)}`);

const listed = (rows, known) =>
  table(
    "Finished requests, the newest first",
    [
      { head: "At", of: (row) => el("a", { href: hrefOf(["traces", row.id]) }, moment(row.at)) },
      {
        head: "Status",
        kind: "number",
        of: (row) => el("span", { class: row.status < 400 ? null : "bad" }, String(row.status)),
      },
      { head: "Asked for", of: (row) => row.model ?? row.path },
      { head: "Target", of: (row) => row.target ?? "none" },
      { head: "Key", of: (row) => (row.key === null ? "none" : named(known.keys, row.key)) },
      { head: "Tokens in + out", kind: "number", of: (row) => tokens(row.usage) },
      { head: "USD", kind: "usd", of: (row) => row.cost_usd },
      { head: "Gateway", kind: "number", of: (row) => duration(row.overhead_ms) },
      { head: "In all", kind: "number", of: (row) => duration(row.total_ms) },
      { head: "Error", of: (row) => orNothing(row.error) },
    ],
    rows,
    "No request is like that. Take a longer time, or leave something out.",
  );

function filters(query, known) {
  const times = [...Object.entries(WINDOWS).map(([name, { words }]) => [name, words]), ["all", "all that is kept"]];
  const text = (label, name, hint) => field(label, name, input({ value: query[name] ?? "" }), hint);
  return form(
    { class: "filters", "aria-label": "Search" },
    [
      field("Time", "since", select(times, query.since ?? "24h")),
      text("Asked for", "model", "as the caller named it"),
      text("Target", "target", "provider/model"),
      field("Key", "key", input({ value: query.key ?? "", list: "keys" })),
      el(
        "datalist",
        { id: "keys" },
        [...known.keys].map(([id, name]) => el("option", { value: id }, name)),
      ),
      text("Agent", "agent"),
      text("Session", "session"),
      field("Status", "status", input({ value: query.status ?? "", type: "number", min: "100", max: "599" })),
      field(
        "Outcome",
        "outcome",
        select([["", "any"], ...OUTCOMES.map((each) => [each, each.replace("_", " ")])], query.outcome ?? ""),
      ),
      text("Text", "text", "in ids, paths, errors, and what was captured"),
      el(
        "label",
        { class: "check" },
        el("input", { type: "checkbox", name: "failed", value: "true", checked: query.failed === "true" }),
        "failed only",
      ),
      el("p", { class: "bar" }, el("button", {}, "Search"), el("a", { href: "#/traces" }, "Clear")),
    ],
    async (given) => {
      go(hrefOf(["traces"], given));
    },
  );
}
