// Forms: fields with their labels, and what stands in them as an object.

import { el, when } from "./dom.js";

/** `control` is an input, a select or a textarea; it gets its name and its label. */
export function field(label, name, control, hint) {
  control.setAttribute("name", name);
  return el("label", { class: "field" }, el("span", {}, label), control, hint ? el("small", {}, hint) : null);
}

export const input = (attributes = {}) =>
  el("input", { type: "text", autocomplete: "off", spellcheck: "false", ...attributes });

/** `options`: [value, words] pairs. */
export const select = (options, chosen, attributes = {}) =>
  el(
    "select",
    attributes,
    options.map(([value, words]) => el("option", { value, selected: value === chosen }, words)),
  );

/** Calls `then` with what stands in the fields that are not empty; what `then` throws is said in the form. */
export function form(attributes, children, then) {
  const said = el("p", { class: "problem", role: "alert", hidden: true });
  const made = el("form", attributes, children, said);
  return when(made, "submit", async (event) => {
    event.preventDefault();
    said.hidden = true;
    lock(made, true);
    try {
      await then(filledIn(made), made);
    } catch (problem) {
      said.textContent = problem.message;
      said.hidden = false;
    } finally {
      lock(made, false);
    }
  });
}

function filledIn(made) {
  const given = [...new FormData(made)].map(([name, value]) => [name, value.trim()]);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

function lock(made, isLocked) {
  for (const each of made.querySelectorAll("button")) each.disabled = isLocked;
}
