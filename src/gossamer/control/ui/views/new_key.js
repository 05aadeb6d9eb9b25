// A new key. Its token is in one answer and nowhere else: it is shown until whoever asked has put it away.

import { ask } from "../api.js";
import { button, el } from "../dom.js";
import { field, form, input, select } from "../form.js";
import { forgetNames } from "../names.js";
import { notice } from "../question.js";
import { daysAhead } from "../times.js";

const ENDS = [
  ["", "never"],
  ["7", "in 7 days"],
  ["30", "in 30 days"],
  ["90", "in 90 days"],
  ["365", "in a year"],
];
const NOBODY = "nobody";
const OWNERS = [
  ["", "whoever is signed in"],
  [NOBODY, "nobody: only administrators see it"],
];
const COUNTS = ["requests_per_min", "tokens_per_min", "concurrent"];
const AMOUNTS = ["usd_per_day", "usd_per_month"];
const USD = "[0-9]{1,10}(\\.[0-9]{1,9})?";

/** `users`: a map of ids to addresses, of those for whom one may be made. */
export function newKey(viewer, users, again) {
  const number = (label, name) => field(label, name, input({ type: "number", min: "1", step: "1" }), "empty: no limit");
  const usd = (label, name) =>
    field(
      label,
      name,
      input({ inputmode: "decimal", pattern: USD, title: "dollars, such as 5.00" }),
      "empty: no limit",
    );
  return el(
    "details",
    {},
    el("summary", {}, "Make a key"),
    form(
      { class: "filters", id: "new-key" },
      [
        field("Name", "name", input({ required: true, maxlength: "100" })),
        field("Models", "models", input(), "names with commas between; empty: all"),
        field("Ends", "ends", select(ENDS, "")),
        viewer.isAdmin ? field("User", "user_id", select([...OWNERS, ...users], "")) : null,
        number("Requests a minute", "requests_per_min"),
        number("Tokens a minute", "tokens_per_min"),
        number("At once", "concurrent"),
        usd("USD a day", "usd_per_day"),
        usd("USD a month", "usd_per_month"),
        scopes(viewer),
        el("p", { class: "bar" }, el("button", {}, "Make it")),
      ],
      async (given, made) => {
        const key = await ask("makeKey", { body: bodyOf(given, made) });
        forgetNames();
        await showToken(key);
        await again();
      },
    ),
  );
}

function scopes(viewer) {
  const box = (scope, words, checked) =>
    el(
      "label",
      { class: "check" },
      el("input", { type: "checkbox", name: `scope-${scope}`, value: scope, checked }),
      words,
    );
  return el(
    "fieldset",
    {},
    el("legend", {}, "It may"),
    box("inference", "ask models", true),
    viewer.isAdmin ? box("passthrough", "reach what lies in the provider's account") : null,
    box("admin", "administer, as its user may"),
  );
}

function bodyOf(given, made) {
  const scopes = [...made.querySelectorAll("[type=checkbox]:checked")].map((box) => box.value);
  if (scopes.length === 0) throw new Error("Choose what it may do: a key without any right opens nothing.");
  const counts = COUNTS.filter((name) => given[name]).map((name) => [name, Number(given[name])]);
  const amounts = AMOUNTS.filter((name) => given[name]).map((name) => [name, given[name]]);
  const models = (given.models ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  return {
    name: given.name,
    scopes,
    limits: Object.fromEntries([...counts, ...amounts]),
    ...(models.length && { models }),
    ...(given.user_id && { user_id: given.user_id === NOBODY ? null : given.user_id }),
    ...(given.ends && { expires_at: daysAhead(Number(given.ends), Date.now()) }),
  };
}

function showToken(key) {
  const shown = input({ value: key.token, readonly: true, "aria-label": `Token of ${key.name}`, id: "new-token" });
  const copy = button("Copy", async () => {
    shown.select();
    copy.textContent = await copied(shown.value);
  });
  return notice(`${key.name} is made`, [
    el(
      "p",
      {},
      "This is its token. It is shown this once; only a digest of it is kept. Whoever loses it makes another key.",
    ),
    el("p", { class: "bar" }, shown, copy),
  ]);
}

/** Browsers lend the clipboard to pages over HTTPS or of this machine only. */
async function copied(words) {
  try {
    await navigator.clipboard.writeText(words);
    return "Copied";
  } catch {
    return "Selected: copy it by hand";
  }
}
