// Numbers and times as people read them.

export const percent = (value, digits = 0) =>
  value === null || value === undefined ? "–" : `${(100 * value).toFixed(digits)}%`;

export function number(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 0.001 && size < 10000 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** Three decimals, for sums that differ late. */
export const fixed = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));

/** A p-value. */
export const probability = (value) =>
  value === null || value === undefined ? "–" : String(Number(value.toPrecision(2)));

export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/** Of what was measured; null of nothing. */
export function mean(values) {
  const measured = values.filter((value) => value !== null && value !== undefined);
  return measured.length ? measured.reduce((sum, value) => sum + value, 0) / measured.length : null;
}

/** For every value the share of the others that it beats, 0 to 1; equal ones share a place; null stays null. */
export function places(values) {
  const measured = values.filter((value) => value !== null);
  return values.map((value) => {
    if (value === null) return null;
    if (measured.length < 2) return 1;
    const below = measured.filter((other) => other < value).length;
    const equal = measured.filter((other) => other === value).length - 1;
    return (below + equal / 2) / (measured.length - 1);
  });
}

const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function ago(time) {
  if (!time) return "";
  const seconds = (new Date(time).getTime() - Date.now()) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export const list = (names) => new Intl.ListFormat("en", { type: "conjunction" }).format(names);

export const ordinal = (place) => {
  const suffix = { one: "st", two: "nd", few: "rd", other: "th" }; // codespell:ignore nd
  return `${place}${suffix[new Intl.PluralRules("en", { type: "ordinal" }).select(place)]}`;
};
