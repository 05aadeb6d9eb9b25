// Conversations, those that were spoken in last first.

import { ask } from "../api.js";
import { el, go, hrefOf } from "../dom.js";
import { field, form, input, select } from "../form.js";
import { named, names } from "../names.js";
import { table } from "../table.js";
import { count, moment } from "../words.js";

const A_PAGE = 50;
const STATES = ["", "open", "idle", "closed", "expired"].map((state) => [state, state || "any"]);

export async function show({ query }) {
  const [page, known] = await Promise.all([ask("sessions", { query: { ...query, limit: A_PAGE } }), names()]);
  return el(
    "section",
    {},
    el("h1", {}, "Sessions"),
    filters(query),
    listed(page.data, known),
    page.next
      ? el(
          "p",
          { class: "bar" },
          el("a", { href: hrefOf(["sessions"], { ...query, after: page.next }) }, "The next page"),
        )
      : null,
  );
}

const filters = (query) =>
  form(
    { class: "filters", "aria-label": "Search" },
    [
      field("Name", "name", input({ value: query.name ?? "" }), "X-Session-ID, the whole of it"),
      field("State", "state", select(STATES, query.state ?? "")),
      el("p", { class: "bar" }, el("button", {}, "Search")),
    ],
    async (given) => {
      go(hrefOf(["sessions"], given));
    },
  );

const listed = (rows, known) =>
  table(
    "Sessions",
    [
      { head: "Name", of: (row) => el("a", { href: hrefOf(["sessions", row.id]) }, row.name) },
      { head: "State", of: (row) => row.state },
      { head: "User", of: (row) => (row.user === null ? "nobody" : named(known.users, row.user)) },
      { head: "Key", of: (row) => named(known.keys, row.key) },
      { head: "Last turn", of: (row) => moment(row.last_at) },
      { head: "Turns", kind: "number", of: (row) => count(row.turns) },
      { head: "Failed", kind: "number", of: (row) => count(row.failed) },
      { head: "Tokens", kind: "number", of: (row) => count(row.input_tokens + row.output_tokens) },
      { head: "USD", kind: "usd", of: (row) => row.cost_usd },
    ],
    rows,
    "There is no such session. One begins with the second request that has its X-Session-ID.",
  );
