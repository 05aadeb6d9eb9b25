// What stands before the page until it is answered: a question ahead of something for good, or a thing to read.

import { button, el, when } from "./dom.js";

/** Whether it was said yes to. Escape is a no. */
export function question(title, words, yes) {
  return new Promise((answer) => {
    const say = (value) => () => shown.close(value);
    const shown = dialog(title, [
      el("p", {}, words),
      el(
        "p",
        { class: "buttons" },
        button("Cancel", say(""), { autofocus: true }),
        button(yes, say("yes"), { class: "danger" }),
      ),
    ]);
    when(shown, "close", () => answer(shown.returnValue === "yes"));
  });
}

/** Something to read; it is gone for good when it is closed. */
export function notice(title, children) {
  return new Promise((closed) => {
    const shown = dialog(title, [
      children,
      el(
        "p",
        { class: "buttons" },
        button("Done", () => shown.close()),
      ),
    ]);
    when(shown, "close", closed);
  });
}

function dialog(title, children) {
  const made = el("dialog", { "aria-label": title }, el("h2", {}, title), children);
  when(made, "close", () => made.remove());
  document.body.append(made);
  made.showModal();
  return made;
}
