// Round numbers for an axis.

/** About `count` round numbers from low to high. */
export function niceTicks(low, high, count) {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw * 0.999);
  const ticks = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step + 0; tick <= high + step * 1e-6; tick += step) ticks.push(tick);
  return ticks;
}
