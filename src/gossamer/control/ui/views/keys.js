// Keys: who may ask, for what, within which limits. A key is made here, and revoked for good.

import { ask } from "../api.js";
import { button, el, go, hrefOf, tell } from "../dom.js";
import { field, form, input, select } from "../form.js";
import { forgetNames, named, names } from "../names.js";
import { question } from "../question.js";
import { table } from "../table.js";
import { moment, shortId } from "../words.js";
import { newKey } from "./new_key.js";

const A_PAGE = 100;
const STATES = [
  ["", "any"],
  ["valid", "valid"],
  ["expired", "expired"],
  ["revoked", "revoked"],
];

export async function show({ query, viewer, again }) {
  const asked = { state: "valid", ...query };
  const [page, known] = await Promise.all([ask("keys", { query: { ...asked, limit: A_PAGE } }), names()]);
  return el(
    "section",
    {},
    el("h1", {}, "Keys"),
    viewer.isAdmin ? null : el("p", { class: "hint" }, "You see your own keys."),
    newKey(viewer, known.users, again),
    filters(asked),
    listed(page.data, known, again),
    page.next
      ? el("p", { class: "bar" }, el("a", { href: hrefOf(["keys"], { ...asked, after: page.next }) }, "The next page"))
      : null,
  );
}

const filters = (asked) =>
  form(
    { class: "filters", "aria-label": "Search" },
    [
      field("Name has", "search", input({ value: asked.search ?? "" })),
      field("State", "state", select(STATES, asked.state)),
      el("p", { class: "bar" }, el("button", {}, "Search")),
    ],
    async ({ search, state }) => {
      go(`${hrefOf(["keys"], { search })}${search ? "&" : "?"}state=${state ?? ""}`);
    },
  );

const listed = (rows, known, again) =>
  table(
    "Keys, the newest first",
    [
      { head: "Name", of: (key) => el("a", { href: hrefOf(["traces"], { key: key.id }) }, key.name) },
      { head: "Id", of: (key) => shortId(key.id) },
      { head: "User", of: (key) => (key.user_id === null ? "nobody" : named(known.users, key.user_id)) },
      { head: "May", of: (key) => key.scopes.join(", ") },
      { head: "Models", of: (key) => key.models?.join(", ") ?? "all" },
      { head: "Limits", of: (key) => limits(key.limits) },
      { head: "Last used", of: (key) => moment(key.last_used_at) },
      { head: "Ends", of: (key) => (key.expires_at ? moment(key.expires_at) : "never") },
      { head: "State", of: (key) => state(key, again) },
    ],
    rows,
    "There is no such key. Make one above, or ask for other states.",
  );

const UNITS = {
  requests_per_min: "requests a minute",
  tokens_per_min: "tokens a minute",
  concurrent: "at once",
  usd_per_day: "USD a day",
  usd_per_month: "USD a month",
};

function limits(given) {
  const set = Object.entries(UNITS).filter(([name]) => given[name] !== null);
  return set.length ? set.map(([name, unit]) => el("div", {}, `${given[name]} ${unit}`)) : "none";
}

function state(key, again) {
  if (key.revoked_at) return ["revoked ", moment(key.revoked_at)];
  return button("Revoke", () => revoke(key, again), { class: "danger", "aria-label": `Revoke ${key.name}` });
}

async function revoke(key, again) {
  const words = `Every worker refuses ${key.name} (${key.id}) within a second, and nothing brings it back.`;
  if (!(await question(`Revoke ${key.name}?`, words, "Revoke it"))) return;
  await ask("revokeKey", { ids: { key_id: key.id } });
  forgetNames();
  await again();
  tell(`${key.name} is revoked.`);
}
