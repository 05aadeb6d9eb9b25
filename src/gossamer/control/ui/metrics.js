// The lines of /metrics, as far as they are shown. Its numbers are floats, and since the counting began, not of a time.

import { askIfAllowed } from "./api.js";

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** A function from a metric's name to its samples, [{labels, value}]; null where the caller may not see them. */
export async function metrics() {
  const text = await askIfAllowed("metrics", { accept: "text/plain" });
  return text === null ? null : samplesOf(text);
}

function samplesOf(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const [, name, labels, value] = LINE.exec(line) ?? [];
    if (name) found.set(name, [...(found.get(name) ?? []), { labels: labelsOf(labels ?? ""), value: Number(value) }]);
  }
  return (name) => found.get(name) ?? [];
}

const labelsOf = (text) => Object.fromEntries([...text.matchAll(LABEL)].map(([, name, value]) => [name, plain(value)]));

const plain = (value) => value.replace(/\\(.)/g, (_, each) => (each === "n" ? "\n" : each));

export const totalOf = (samples) => samples.reduce((sum, { value }) => sum + value, 0);
