// Colour scales. Both run from the page's own background to a strong end, so "nothing" looks like nothing in either theme.

const LIGHT = ["#f4efe3", "#d9e4cc", "#a5d0bb", "#64b1ab", "#338b98", "#1e6382", "#173a61", "#14213f"];
const DARK = ["#16212c", "#193449", "#1b5066", "#23727a", "#419686", "#7fb992", "#c3d8a0", "#faf4c4"];
const DIVERGING_LIGHT = ["#9c2f1c", "#d0694c", "#eab59c", "#f6f1e7", "#a4d2c5", "#3f9a94", "#0c5560"];
const DIVERGING_DARK = ["#ff9d7c", "#c9654a", "#6d3c33", "#1c2530", "#21525a", "#37938d", "#8fe3cf"];

export const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

function along(stops, position) {
  const at = Math.min(1, Math.max(0, position)) * (stops.length - 1);
  const left = Math.min(Math.floor(at), stops.length - 2);
  const [a, b] = [channels(stops[left]), channels(stops[left + 1])];
  return `rgb(${a.map((value, index) => Math.round(value + (b[index] - value) * (at - left))).join(" ")})`;
}

/**
 * Positions on a log scale: the transfer from `self` outweighs all others by orders of magnitude.
 * The extreme 2% at either end share the end colours, or a single outlier would wash out the rest.
 */
export function logScale(values) {
  const logs = values.filter((value) => value > 0).map(Math.log10).sort((a, b) => a - b);
  const low = logs[Math.floor(0.02 * (logs.length - 1))] ?? 0;
  const high = logs[Math.ceil(0.98 * (logs.length - 1))] ?? 1;
  const span = high - low || 1;
  const ticks = [];
  for (let power = Math.ceil(low); power <= Math.floor(high); power += 1) ticks.push(10 ** power);
  return {
    position: (value) => (value > 0 ? Math.min(1, Math.max(0, (Math.log10(value) - low) / span)) : 0),
    color: (position) => along(dark() ? DARK : LIGHT, position),
    ticks,
  };
}

const DECADES = 1.5;

/** Whether values span so much that a linear scale would show their largest only. */
export function spansDecades(values) {
  const positive = values.filter((value) => value > 0);
  return positive.length > 1 && Math.log10(Math.max(...positive) / Math.min(...positive)) > DECADES;
}

/** Positions in proportion, from zero; what lies above the 98th percentile of `values` takes the end colour. */
export function linearScale(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[Math.ceil(0.98 * (sorted.length - 1))] || 1;
  return {
    position: (value) => Math.min(1, Math.max(0, value / high)),
    color: (position) => along(dark() ? DARK : LIGHT, position),
    ticks: [0, high / 2, high],
  };
}

/** Places in a ranking, from 0, the last, to 1, the first. */
export function rankScale() {
  return { position: (place) => place, color: (position) => along(dark() ? DARK : LIGHT, position), ticks: [0, 1] };
}

/** Win rates: one half is a draw. */
export function winRateScale() {
  return {
    position: (value) => value,
    color: (position) => along(dark() ? DIVERGING_DARK : DIVERGING_LIGHT, position),
    ticks: [0, 0.5, 1],
  };
}

/** Gains and losses: zero in the middle, the farthest value at an end. */
export function signedScale(values) {
  const most = Math.max(...values.map(Math.abs)) || 1;
  return {
    position: (value) => 0.5 + value / (2 * most),
    color: (position) => along(dark() ? DIVERGING_DARK : DIVERGING_LIGHT, position),
    ticks: [-most, 0, most],
  };
}

/** Colours that tell kinds apart in either theme, evenly round the wheel; every second one is darker where they are many. */
export function hues(count) {
  const many = count > 10;
  return (index) => {
    const tone = (lightness) => `oklch(${(lightness - (many && index % 2 ? 0.14 : 0)).toFixed(2)} 0.15 ${Math.round((25 + (360 * index) / count) % 360)})`;
    return `light-dark(${tone(0.6)}, ${tone(0.76)})`;
  };
}
