// Numbers, times and durations as people read them. Units are in the words, or in the head of the column.

import { el } from "./dom.js";

const whole = new Intl.NumberFormat("en");
const parted = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const shown = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
const MS_PER_S = 1000;
const NOTHING = "–";

export const count = (number) => whole.format(number);

export const percent = (part, all) => (all ? `${parted.format((100 * part) / all)} %` : NOTHING);

/** 0.040 ms, 12.3 ms, 2.31 s. */
export function duration(ms) {
  if (ms === null || ms === undefined) return NOTHING;
  if (ms >= MS_PER_S) return `${(ms / MS_PER_S).toFixed(2)} s`;
  return `${ms < 1 ? ms.toFixed(3) : ms.toFixed(1)} ms`;
}

/** In the zone of whoever looks; in UTC for whoever points at it. */
export function moment(text) {
  if (!text) return NOTHING;
  return el("time", { datetime: text, title: utc(text) }, shown.format(new Date(text)));
}

/** A UTC day, whatever the zone of whoever looks: sums of days are of those. */
export const utcDay = (text) => el("time", { datetime: text, title: utc(text) }, day.format(new Date(text)));

export const utc = (text) => `${text.slice(0, 19).replace("T", " ")} UTC`;

/** What nobody knows has a mark of its own, so that an empty cell is never taken for a zero. */
export const orNothing = (value) => value ?? NOTHING;

/** The beginning of an id, and all of it for whoever points at it. */
export const shortId = (id) => el("code", { title: id }, id.length > 14 ? `${id.slice(0, 13)}…` : id);

export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
