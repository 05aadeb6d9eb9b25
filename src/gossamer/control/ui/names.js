// What the ids of keys and users are called. Asked for once in a while; whoever has no name here keeps its id.

import { ask } from "./api.js";
import { shortId } from "./words.js";

const FRESH_MS = 30_000;
const MOST = 1000;
let known = { at: -FRESH_MS };

export async function names() {
  if (performance.now() - known.at > FRESH_MS) known = { at: performance.now(), ...(await load()) };
  return known;
}

export function forgetNames() {
  known = { at: -FRESH_MS };
}

async function load() {
  const [keys, users] = await Promise.all([
    ask("keys", { query: { limit: MOST } }),
    ask("users", { query: { limit: MOST } }),
  ]);
  return {
    keys: new Map(keys.data.map((key) => [key.id, key.name])),
    users: new Map(users.data.map((user) => [user.id, user.email])),
  };
}

/** A name as text, or the beginning of the id: keys of the configuration are called by their names at once. */
export const named = (map, id) => map.get(id) ?? shortId(id);
