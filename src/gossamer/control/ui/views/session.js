// One conversation: who said what, turn by turn, as far as it was captured.

import { ask } from "../api.js";
import { button, el, go, hrefOf } from "../dom.js";
import { question } from "../question.js";
import { facts } from "../table.js";
import { count, duration, moment, plural } from "../words.js";

const A_PAGE = 20;

export async function show({ id }) {
  const ids = { session_id: id };
  const [session, first] = await Promise.all([ask("session", { ids }), turnsFrom(ids)]);
  const talk = el("ol", { class: "talk" });
  const rest = el("p", { class: "bar" });
  const add = (page) => {
    talk.append(...page.data.map(turn));
    const more = async () => add(await turnsFrom(ids, page.next));
    rest.replaceChildren(...(page.next ? [button("The turns after these", more)] : []));
  };
  add(first);
  return el(
    "section",
    {},
    el("h1", {}, "Session ", el("code", {}, session.name)),
    facts([
      ["State", session.state],
      ["Began", moment(session.began_at)],
      ["Last turn", moment(session.last_at)],
      ["Turns", `${count(session.turns)}, ${count(session.failed)} failed`],
      ["Tokens", `${count(session.input_tokens)} read, ${count(session.output_tokens)} written`],
      ["Cost", `${session.cost_usd} USD`],
    ]),
    el(
      "p",
      { class: "bar" },
      el("a", { href: hrefOf(["traces"], { session: session.name, since: "all" }) }, "Its traces"),
      button("Delete", () => remove(session), { class: "danger" }),
    ),
    talk,
    rest,
  );
}

const turnsFrom = (ids, after) => ask("turns", { ids, query: { content: true, limit: A_PAGE, after } });

function turn(told) {
  const words = [
    told.target ?? told.model ?? told.path,
    `${told.status}`,
    duration(told.total_ms),
    told.cost_usd && `${told.cost_usd} USD`,
    told.error,
  ];
  return el(
    "li",
    {},
    el(
      "p",
      { class: "quiet" },
      el("a", { href: hrefOf(["traces", told.id]) }, moment(told.at)),
      ` ${words.filter(Boolean).join(", ")}`,
    ),
    told.said === null
      ? el("p", { class: "empty" }, "What was said is not kept: see capture.content.")
      : told.said.map(voice),
  );
}

const voice = ({ by, text }) =>
  el("blockquote", { class: by === "assistant" ? "answer" : "asked" }, el("cite", {}, by), el("p", {}, text));

async function remove(session) {
  const gone = `Its ${plural(session.turns, "turn")}, their traces, and kept answers and responses go for good.`;
  if (!(await question(`Delete ${session.name}?`, `${gone} What they cost stays in the sums.`, "Delete it"))) return;
  await ask("deleteSession", { ids: { session_id: session.id } });
  go("#/sessions");
}
