// Elements, made one by one. Text goes in as text only: much of what is shown here was written by strangers.

const UNAUTHORIZED = 401;
const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children. Strings become text; what is null or undefined is left out. */
export const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Calls `then` with the event, and returns the element. */
export function when(made, event, then) {
  made.addEventListener(event, then);
  return made;
}

/** What `then` throws is said above all else; but who is signed out is told so at the door. */
export const button = (words, then, attributes = {}) =>
  when(el("button", { type: "button", ...attributes }, words), "click", async () => {
    try {
      await then();
    } catch (problem) {
      if (problem.status !== UNAUTHORIZED) warn(problem.message);
    }
  });

function warn(words) {
  document.getElementById("warning")?.remove();
  document.getElementById("main").prepend(el("p", { class: "problem", role: "alert", id: "warning" }, words));
}

/** Where a link leads: a view, and what it is asked. Values may be anything. */
export function hrefOf(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const words = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${words ? `?${words}` : ""}`;
}

/** To another view, or to the same one anew. */
export function go(href) {
  if (location.hash === href) window.dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = href;
}

/** For whoever does not see the page change. */
export function tell(words) {
  document.getElementById("told").textContent = words;
}
