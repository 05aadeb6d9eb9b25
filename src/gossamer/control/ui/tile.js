// One figure with its name, and what it is made of.

import { el } from "./dom.js";

export const tile = (name, value, more) =>
  el(
    "div",
    { class: "tile" },
    el("h2", {}, name),
    el("p", { class: "value" }, value),
    more ? el("p", { class: "more" }, more) : null,
  );
