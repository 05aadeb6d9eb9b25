// Where the page begins: who looks, which view the address names, and what is said when a view cannot be shown.

import { ask, askIfAllowed } from "./api.js";
import { button, el, tell, when } from "./dom.js";
import { forgetNames } from "./names.js";
import { forget, isLogIn, token } from "./token.js";
import { show as keys } from "./views/keys.js";
import { show as overview } from "./views/overview.js";
import { show as session } from "./views/session.js";
import { show as sessions } from "./views/sessions.js";
import { signIn } from "./views/sign_in.js";
import { show as trace } from "./views/trace.js";
import { show as traces } from "./views/traces.js";
import { show as usage } from "./views/usage.js";

const LISTS = { overview, traces, keys, usage, sessions };
const THINGS = { traces: trace, sessions: session };
const FORBIDDEN = 403;

const main = document.getElementById("main");
let viewer = null;
let turn = 0;

/** Called for each address; of two that overtake each other the later one is shown. */
async function show() {
  const mine = ++turn;
  const { view, id, query } = addressed();
  if (!token()) return showSignIn();
  main.setAttribute("aria-busy", "true");
  try {
    const who = viewer ?? (await whoLooks());
    if (mine !== turn) return;
    viewer = who;
    showHeader(view);
    const made = await viewOf(view, id)({ query, id, viewer, again: show });
    if (mine === turn) put(made);
  } catch (problem) {
    if (mine === turn) showProblem(problem);
  }
}

function addressed() {
  const [path, words = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [view = "", id] = path.split("/").map(decoded);
  return { view: view || "overview", id, query: Object.fromEntries(new URLSearchParams(words)) };
}

/** An address that was cut in the middle of a letter is no reason to show nothing. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function viewOf(view, id) {
  const found = id ? THINGS[view] : LISTS[view];
  return Object.hasOwn(id ? THINGS : LISTS, view) ? found : nowhere;
}

const nowhere = () =>
  el(
    "section",
    {},
    el("h1", {}, "There is no such page"),
    el("p", {}, "Go to the ", el("a", { href: "#/overview" }, "overview"), "."),
  );

/** Routes are for administrators alone: so whoever sees them is one. A member finds itself among the users. */
async function whoLooks() {
  const [routes, users] = await Promise.all([
    askIfAllowed("routes", { query: { limit: 1 } }),
    ask("users", { query: { limit: 2 } }),
  ]);
  const isAdmin = routes !== null;
  return { isAdmin, name: isAdmin ? "administrator" : (users.data[0]?.email ?? "member") };
}

function put(made) {
  const hadFocus = main.contains(document.activeElement);
  main.removeAttribute("aria-busy");
  main.replaceChildren(made);
  if (hadFocus) main.focus({ preventScroll: true }); // else it would be at the top of the document again
  const head = main.querySelector("h1");
  document.title = `${head?.textContent ?? "Dashboard"} · Gossamer`;
  tell(`Showing: ${head?.textContent ?? "the page"}`);
}

function showHeader(view) {
  const views = document.getElementById("views");
  views.hidden = viewer === null;
  for (const link of views.children) {
    if (link.hash === `#/${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const who = document.getElementById("who");
  who.hidden = viewer === null;
  who.replaceChildren(...(viewer ? [`${viewer.name} `, button("Leave", leave)] : []));
}

/** Whatever is still under way was asked by somebody who has left. */
function showSignIn(words) {
  turn++;
  viewer = null;
  forgetNames();
  showHeader("");
  put(signIn(words, show));
}

function showProblem(problem) {
  if (problem.status === FORBIDDEN && viewer === null) forget();
  if (!token()) return showSignIn(problem.message);
  if (problem.status === undefined) console.error(problem);
  const title = problem.status === FORBIDDEN ? "This is not yours to see" : "This cannot be shown now";
  put(
    el(
      "section",
      {},
      el("h1", {}, title),
      el("p", { role: "alert" }, problem.message),
      el("p", {}, button("Try again", show)),
    ),
  );
}

/** A log-in is ended at the gateway as well; a key is only forgotten here. */
async function leave() {
  const ending = isLogIn() ? ask("logOut").catch(() => null) : null;
  forget();
  await ending;
  location.hash = "";
  showSignIn();
}

when(window, "signed-out", ({ detail }) => showSignIn(detail));
when(window, "hashchange", () => {
  window.scrollTo(0, 0);
  return show();
});
when(document.getElementById("skip"), "click", (event) => {
  event.preventDefault();
  main.focus();
});
show();
