// A table: columns say what stands in them, rows are whatever the API gave.

import { el } from "./dom.js";
import { placesOf, withPlaces } from "./money.js";

/** `columns`: {head, of, kind}: `of` gives text or an element; the kind is "number", "usd" or nothing. */
export function table(caption, columns, rows, empty) {
  if (rows.length === 0) return el("p", { class: "empty" }, empty);
  const shown = columns.map((column) => (column.kind === "usd" ? aligned(column, rows) : column));
  const heads = shown.map(({ head, kind }) => el("th", { scope: "col", class: kind && "number" }, head));
  return el(
    "div",
    { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads)),
      el(
        "tbody",
        {},
        rows.map((row) =>
          el(
            "tr",
            {},
            shown.map((column) => cell(column, row)),
          ),
        ),
      ),
    ),
  );
}

const cell = ({ of, kind, head }, row) => el("td", { class: kind && "number", "data-head": head }, of(row));

/** Amounts with their points below each other: no digit is added or taken but zeros. */
function aligned(column, rows) {
  const places = placesOf(rows.map(column.of).filter((usd) => usd !== null));
  return { ...column, of: (row) => (column.of(row) === null ? "unknown" : withPlaces(column.of(row), places)) };
}

/** Names and what they stand for, one below the other. Pairs whose value is null are left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined);
  return el(
    "dl",
    { class: "facts" },
    known.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}
