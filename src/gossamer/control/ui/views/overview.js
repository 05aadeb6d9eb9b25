// How it goes: what was asked, what failed, what it cost, and what the gateway added, in a time that ends now.

import { ask } from "../api.js";
import { chart } from "../chart.js";
import { button, el, hrefOf } from "../dom.js";
import { metrics } from "../metrics.js";
import { nanosOf, sumOf, usdOf } from "../money.js";
import { named, names } from "../names.js";
import { table } from "../table.js";
import { tile } from "../tile.js";
import { WINDOWS, boundsOf } from "../times.js";
import { count, moment, percent } from "../words.js";
import { node } from "./node.js";
import { sample } from "./sample.js";

const DEFAULT = "24h";
const MOST_FAILURES = 5;
const MOST_SAMPLED = 200;

export async function show({ query, viewer, again }) {
  const chosen = query.window in WINDOWS ? query.window : DEFAULT;
  const { starts, ...bounds } = boundsOf(chosen, Date.now());
  const span = { ...bounds, step: "span" };
  const [series, byTarget, byKey, latest, failures, seen, known] = await Promise.all([
    ask("usage", { query: bounds }),
    ask("usage", { query: { ...span, by: "target" } }),
    ask("usage", { query: { ...span, by: "key" } }),
    ask("traces", { query: { since: bounds.since, limit: MOST_SAMPLED } }),
    ask("traces", { query: { since: bounds.since, failed: true, limit: MOST_FAILURES } }),
    metrics(),
    names(),
  ]);
  const rows = series.data;
  return el(
    "section",
    {},
    el("h1", {}, "Overview"),
    el("p", { class: "bar" }, windows(chosen), button("Refresh", again)),
    viewer.isAdmin ? null : el("p", { class: "hint" }, "You see what your own keys asked."),
    el("div", { class: "tiles" }, tiles(rows), sample(latest.data)),
    el("div", { class: "charts" }, charts(rows, starts, bounds.step)),
    sums("By model", "Target", byTarget.data, (row) => target(row, chosen)),
    sums("By key", "Key", byKey.data, (row) => key(row, known, chosen)),
    failed(failures.data),
    node(seen),
  );
}

const windows = (chosen) =>
  Object.entries(WINDOWS).map(([name, { words }]) =>
    el(
      "a",
      {
        href: hrefOf(["overview"], { window: name }),
        class: "choice",
        "aria-current": name === chosen ? "true" : null,
      },
      words,
    ),
  );

function tiles(rows) {
  const all = (name) => rows.reduce((sum, row) => sum + row[name], 0);
  const [requests, lost, unpriced] = ["requests", "failed", "unpriced"].map(all);
  return [
    tile("Requests", count(requests)),
    tile("Failed", count(lost), `${percent(lost, requests)}, answered with 400 or above`),
    tile(
      "Spent",
      `${usdOf(sumOf(rows.map((row) => row.cost_usd)))} USD`,
      unpriced ? `and ${count(unpriced)} requests without a price` : null,
    ),
    tile("Tokens read", count(all("input_tokens")), `${count(all("cached_tokens"))} from providers' caches`),
    tile("Tokens written", count(all("output_tokens")), `${count(all("reasoning_tokens"))} of them reasoning`),
  ];
}

function charts(rows, starts, step) {
  const told = new Map(rows.map((row) => [Date.parse(row.at), row]));
  const steps = starts.map((at) => ({ at, row: told.get(Date.parse(at)) }));
  const ends = [starts[0], starts.at(-1)].map((at) => moment(at).textContent);
  const title = (at, words) => `${moment(at).textContent}: ${words}`;
  const asked = steps.map(({ at, row }) => ({
    value: row?.requests ?? 0,
    part: row?.failed ?? 0,
    title: title(at, `${count(row?.requests ?? 0)} requests, ${count(row?.failed ?? 0)} failed`),
  }));
  const spent = steps.map(({ at, row }) => ({
    value: Number(row?.cost_usd ?? 0),
    title: title(at, `${row?.cost_usd ?? "0.00"} USD`),
  }));
  const dearest = rows.map((row) => nanosOf(row.cost_usd)).reduce((most, nanos) => (nanos > most ? nanos : most), 0n);
  const busiest = Math.max(0, ...rows.map((row) => row.requests));
  return [
    chart(`Requests by ${step}, failed ones marked; at most ${count(busiest)}`, asked, ends),
    chart(`USD by ${step}; at most ${usdOf(dearest)}`, spent, ends),
  ];
}

const sums = (caption, head, rows, of) =>
  table(
    caption,
    [
      { head, of },
      { head: "Requests", kind: "number", of: (row) => count(row.requests) },
      { head: "Failed", kind: "number", of: (row) => count(row.failed) },
      { head: "Tokens in", kind: "number", of: (row) => count(row.input_tokens) },
      { head: "Tokens out", kind: "number", of: (row) => count(row.output_tokens) },
      { head: "USD", kind: "usd", of: (row) => row.cost_usd },
    ],
    rows,
    `${caption}: nothing was asked in this time.`,
  );

const target = (row, since) =>
  row.target === null
    ? "none: refused before"
    : el("a", { href: hrefOf(["traces"], { since, target: row.target }) }, row.target);

const key = (row, known, since) =>
  row.key === null
    ? "none, or unknown"
    : el("a", { href: hrefOf(["traces"], { since, key: row.key }), title: row.key }, named(known.keys, row.key));

const failed = (rows) =>
  table(
    "The latest failures",
    [
      { head: "At", of: (row) => el("a", { href: hrefOf(["traces", row.id]) }, moment(row.at)) },
      { head: "Status", kind: "number", of: (row) => String(row.status) },
      { head: "Asked for", of: (row) => row.model ?? row.path },
      { head: "Target", of: (row) => row.target ?? "none" },
      { head: "Error", of: (row) => row.error ?? row.outcome },
    ],
    rows,
    "No request failed in this time.",
  );
