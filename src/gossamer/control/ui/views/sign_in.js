// Who looks: somebody with a password, or whoever has a key with the right to administer.

import { ask } from "../api.js";
import { el } from "../dom.js";
import { field, form, input } from "../form.js";
import { keep } from "../token.js";

/** `words`: why one is here again. `then` is called once there is a token. */
export function signIn(words, then) {
  const enter = (token) => {
    keep(token);
    return then();
  };
  return el(
    "section",
    { class: "sign-in" },
    el("h1", {}, "Sign in"),
    words ? el("p", { class: "problem", role: "alert" }, words) : null,
    el("div", { class: "ways" }, byPassword(enter), byKey(enter)),
    el(
      "p",
      { class: "hint" },
      "An administrator sees everything, a member what its own keys did. ",
      "What you show here stays in this tab until you leave or close it. ",
      "There is nobody yet? At the machine, ",
      el("code", {}, "gossamer user create you@example.com --role admin"),
      " makes the first administrator.",
    ),
  );
}

function byPassword(enter) {
  const email = input({ type: "email", autocomplete: "username", required: true });
  const password = input({ type: "password", autocomplete: "current-password", required: true });
  return form(
    { id: "by-password" },
    [
      el("h2", {}, "With a password"),
      field("Address", "email", email),
      field("Password", "password", password),
      el("button", {}, "Sign in"),
    ],
    async () => enter((await ask("logIn", { body: { email: email.value.trim(), password: password.value } })).token),
  );
}

function byKey(enter) {
  const key = input({ type: "password", autocomplete: "off", required: true });
  return form(
    { id: "by-key" },
    [
      el("h2", {}, "With a key"),
      field("Key", "token", key, "One with the scope admin: gsm_… A key for models alone opens nothing here."),
      el("button", {}, "Sign in"),
    ],
    async ({ token }) => enter(token),
  );
}
