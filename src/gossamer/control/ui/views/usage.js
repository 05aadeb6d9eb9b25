// What was used, and what it cost: whole UTC days, apart by whatever one chooses, to the nano-dollar.

import { ask } from "../api.js";
import { button, el, go, hrefOf } from "../dom.js";
import { download } from "../download.js";
import { field, form, input, select } from "../form.js";
import { sumOf, usdOf } from "../money.js";
import { named, names } from "../names.js";
import { facts, table } from "../table.js";
import { beginOf, daysBefore, endOf } from "../times.js";
import { count, utc, utcDay } from "../words.js";

const DAYS = 30;
const CSV = "text/csv";
const BY = [
  ["", "nothing"],
  ["target", "model"],
  ["key", "key"],
  ["user", "user"],
  ["agent", "agent"],
  ["key,target", "key and model"],
];

export async function show({ query }) {
  const now = Date.now();
  const asked = { step: "day", by: "target", since: daysBefore(DAYS - 1, now), until: daysBefore(0, now), ...query };
  const { since, until, step, by } = asked;
  const summed = { since: beginOf(since), until: endOf(until), step, by };
  const [usage, known] = await Promise.all([ask("usage", { query: summed }), names()]);
  const save = async () =>
    download(`usage-${since}-${until}.csv`, await ask("usage", { query: summed, accept: CSV }), CSV);
  const rows = usage.data;
  return el(
    "section",
    {},
    el("h1", {}, "Usage"),
    filters(asked),
    el("p", { class: "hint" }, `From ${utc(usage.since)} to ${utc(usage.until)}. Days are those of UTC.`),
    facts([
      ["Requests", count(rows.reduce((sum, row) => sum + row.requests, 0))],
      ["Spent", `${usdOf(sumOf(rows.map((row) => row.cost_usd)))} USD`],
      ["Without a price", count(rows.reduce((sum, row) => sum + row.unpriced, 0))],
    ]),
    listed(rows, asked, known),
    rows.length ? el("p", { class: "bar" }, button("Download as CSV", save)) : null,
  );
}

function filters(asked) {
  return form(
    { class: "filters", "aria-label": "What to sum up" },
    [
      field("From", "since", input({ type: "date", value: asked.since, required: true })),
      field("To, that day included", "until", input({ type: "date", value: asked.until, required: true })),
      field("Apart by", "by", select(BY, asked.by)),
      field(
        "And by",
        "step",
        select(
          [
            ["day", "day"],
            ["all", "no time"],
          ],
          asked.step,
        ),
      ),
      el("p", { class: "bar" }, el("button", {}, "Show")),
    ],
    async ({ by = "", ...given }) => {
      go(`${hrefOf(["usage"], given)}&by=${encodeURIComponent(by)}`);
    },
  );
}

const HEADS = { key: "Key", user: "User", agent: "Agent", target: "Target" };
const NOBODY = { key: "none, or unknown", user: "nobody", agent: "none", target: "none: refused before" };
const NAMED = { key: "keys", user: "users" };

function nameIn(row, part, known) {
  if (row[part] === null) return NOBODY[part];
  return part in NAMED ? named(known[NAMED[part]], row[part]) : row[part];
}

function listed(rows, { step, by }, known) {
  const apart = by.split(",").filter(Boolean);
  return table(
    "Use",
    [
      ...(step === "day" ? [{ head: "Day (UTC)", of: (row) => utcDay(row.at) }] : []),
      ...apart.map((part) => ({ head: HEADS[part], of: (row) => nameIn(row, part, known) })),
      { head: "Requests", kind: "number", of: (row) => count(row.requests) },
      { head: "Failed", kind: "number", of: (row) => count(row.failed) },
      { head: "Tokens in", kind: "number", of: (row) => count(row.input_tokens) },
      { head: "from cache", kind: "number", of: (row) => count(row.cached_tokens) },
      { head: "Tokens out", kind: "number", of: (row) => count(row.output_tokens) },
      { head: "reasoning", kind: "number", of: (row) => count(row.reasoning_tokens) },
      { head: "USD", kind: "usd", of: (row) => row.cost_usd },
      { head: "No price", kind: "number", of: (row) => count(row.unpriced) },
    ],
    rows,
    "Nothing was used in this time.",
  );
}
