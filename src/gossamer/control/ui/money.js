// Dollars as the API writes them: decimal text, to the nano-dollar. They are added as whole numbers, never as floats.

const PLACES = 9;
const NANOS = 10n ** BigInt(PLACES);
const FEWEST_PLACES = 2;

export function nanosOf(usd) {
  const [dollars, part = ""] = usd.split(".");
  return BigInt(dollars) * NANOS + BigInt(part.padEnd(PLACES, "0"));
}

/** The shortest decimal with cents, or with more places. */
export function usdOf(nanos, places = FEWEST_PLACES) {
  const part = String(nanos % NANOS)
    .padStart(PLACES, "0")
    .replace(/0+$/, "");
  return `${nanos / NANOS}.${part.padEnd(places, "0")}`;
}

export const sumOf = (amounts) => amounts.reduce((sum, usd) => sum + nanosOf(usd), 0n);

/** How many places a column needs, so that its points stand below each other. */
export const placesOf = (amounts) => Math.max(FEWEST_PLACES, ...amounts.map((usd) => (usd.split(".")[1] ?? "").length));

/** The same amount with more zeros behind it. */
export function withPlaces(usd, places) {
  const [dollars, part = ""] = usd.split(".");
  return `${dollars}.${part.padEnd(places, "0")}`;
}
