// What the samples of a loop come to: curves in MiB, their start, end, greatest value and slope. Imports nothing.

const MiB = 2 ** 20;

/** { "tensorflow.bytes": 12, … }: the numbers of an object, however deep. */
function numbersIn(value, path = "") {
  if (typeof value === "number") return [[path, value]];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, path ? `${path}.${key}` : key));
}

/** Counts, such as handles, stay as they are. */
const inUnit = (name, value) => (/bytes|budget/i.test(name) ? value / MiB : value);

/** { name, unit, points: [[step, value], …] } for each thing that was sampled. */
export function curvesOf(samples) {
  const curve = (name, unit, of) => ({ name, unit, points: samples.map((sample) => [sample.step, of(sample)]) });
  const engines = numbersIn(samples[0].engines).map(([name]) => {
    const unit = inUnit(name, MiB) === 1 ? "MiB" : "";
    const of = (sample) => inUnit(name, new Map(numbersIn(sample.engines)).get(name) ?? 0);
    return curve(name, unit, of);
  });
  return [
    curve("resident", "MiB", ({ rss }) => rss / MiB),
    curve("V8 heap and external", "MiB", ({ heap, external }) => (heap + external) / MiB),
    ...engines,
  ];
}

/** The slope of the line that fits the points best by least squares. */
function slopeOf(points) {
  const mean = (values) => values.reduce((total, value) => total + value, 0) / values.length;
  const [x, y] = [mean(points.map(([a]) => a)), mean(points.map(([, b]) => b))];
  const spread = points.reduce((total, [a]) => total + (a - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((total, [a, b]) => total + (a - x) * (b - y), 0) / spread;
}

/**
 * The first value, the last and the greatest; and the growth over the second half: its slope times its steps, which
 * is 0 but for noise where nothing is left behind.
 */
export function summaryOf({ points }) {
  const values = points.map(([, value]) => value);
  const half = points.slice(points.length >> 1);
  const steps = half.at(-1)[0] - half[0][0];
  return { start: values[0], end: values.at(-1), greatest: Math.max(...values), growth: slopeOf(half) * steps, steps };
}
