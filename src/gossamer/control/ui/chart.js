// Bars over time, drawn into an SVG. A chart is a sketch: what it shows is in numbers beside it.

import { el, svg } from "./dom.js";

const HEIGHT = 100;
const GAP = 0.15;

/** `bars`: {at, value, part, title}: `part` of the value has a colour of its own. Values are numbers of any unit. */
export function chart(words, bars, [first, last]) {
  const most = Math.max(...bars.map((bar) => bar.value), 0);
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${bars.length} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words },
    bars.map((bar, at) => column(bar, at, most)),
  );
  return el(
    "figure",
    { class: "chart" },
    el("figcaption", {}, words),
    drawing,
    el("p", { class: "axis", "aria-hidden": "true" }, el("span", {}, first), el("span", {}, last)),
  );
}

function column(bar, at, most) {
  const share = (value) => (most ? (value / most) * HEIGHT : 0);
  const rect = (value, from, kind) =>
    svg("rect", {
      x: at + GAP / 2,
      width: 1 - GAP,
      y: HEIGHT - share(from + value),
      height: share(value),
      class: kind,
    });
  return svg(
    "g",
    {},
    svg("title", {}, bar.title),
    svg("rect", { x: at, width: 1, y: 0, height: HEIGHT, class: "back" }),
    rect(bar.value - (bar.part ?? 0), bar.part ?? 0, "bar"),
    bar.part ? rect(bar.part, 0, "part") : null,
  );
}
