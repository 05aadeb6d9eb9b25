// The admin API, as far as the dashboard asks it. A test holds this table against the OpenAPI document.

import { forget, token } from "./token.js";

const PATHS = {
  logIn: "POST /v1/auth/login",
  logOut: "POST /v1/auth/logout",
  users: "GET /admin/v1/users",
  routes: "GET /admin/v1/routes",
  keys: "GET /admin/v1/keys",
  makeKey: "POST /admin/v1/keys",
  revokeKey: "POST /admin/v1/keys/{key_id}/revoke",
  usage: "GET /admin/v1/usage",
  traces: "GET /admin/v1/traces",
  trace: "GET /admin/v1/traces/{trace_id}",
  sessions: "GET /admin/v1/sessions",
  session: "GET /admin/v1/sessions/{session_id}",
  turns: "GET /admin/v1/sessions/{session_id}/turns",
  deleteSession: "DELETE /admin/v1/sessions/{session_id}",
  metrics: "GET /metrics",
};

const ID = /^[0-9A-Za-z_-]{1,64}$/;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** What did not work, in words for people. `status` is 0 where no answer came. */
export class Problem extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The answer's JSON, its text where it is none, or null where it is empty. */
export async function ask(name, { ids = {}, query = {}, body, accept = "application/json" } = {}) {
  const [method, form] = PATHS[name].split(" ");
  const answer = await send(addressOf(form, ids, query), method, body, accept);
  const text = await answer.text();
  const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
  const said = isJson && text ? JSON.parse(text) : text || null;
  if (answer.ok) return said;
  const problem = problemOf(answer, said);
  if (problem.status === UNAUTHORIZED && token()) signOut(problem);
  throw problem;
}

/** Whatever was being done, nothing else will be allowed either. */
function signOut(problem) {
  forget();
  window.dispatchEvent(new CustomEvent("signed-out", { detail: problem.message }));
}

/** What `ask` says, or null where the caller may not see it. */
export async function askIfAllowed(name, asked) {
  try {
    return await ask(name, asked);
  } catch (problem) {
    if (problem.status === FORBIDDEN) return null;
    throw problem;
  }
}

/** Relative to /ui/: a proxy may have put the gateway below a path of its own. */
function addressOf(form, ids, query) {
  const path = form.replace(/\{(\w+)\}/g, (_, name) => idOf(ids[name]));
  const address = new URL(`..${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") address.searchParams.set(name, value);
  }
  return address;
}

/** An address bar takes anything; a path must lead where it is meant to. */
function idOf(given) {
  if (!ID.test(given)) throw new Problem(404, "not_found", "This is no id. Go back to the list and choose from it.");
  return given;
}

async function send(address, method, body, accept) {
  const headers = { Accept: accept };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(address, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Problem(0, "unreachable", "The gateway does not answer. Look whether it runs, then try again.");
  }
}

function problemOf(answer, said) {
  const error = said?.error ?? {};
  const wait = answer.headers.get("retry-after");
  const words = error.message ?? `The gateway answered ${answer.status}, without a word.`;
  return new Problem(answer.status, error.code ?? "unknown", wait ? `${words} Retry in ${wait} s.` : words);
}
