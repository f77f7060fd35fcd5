// Owns the results as text: a line a row, minimum and median of each peer, and the ratios of both. Imports nothing.

const digits = (value) => (value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0));

/** The unit that shows so many µs in few digits, and how many µs it has. */
function unitFor(micros) {
  if (micros < 999.5) return ["µs", 1];
  return micros < 999_500 ? ["ms", 1e3] : ["s", 1e6];
}

/** "0.19 0.25 µs", "17.3 21.0 ms": minimum and median in the unit that the minimum has. */
export function durations({ min, median }) {
  const [unit, size] = unitFor(min);
  return `${digits(min / size)} ${digits(median / size)} ${unit}`;
}

/** A ratio to three digits, however small. */
export function ratioText(ratio) {
  if (!(ratio >= 0.01)) return ratio.toPrecision(2);
  return ratio < 1 ? ratio.toPrecision(3) : digits(ratio);
}

/** { min, median }: the ratios of two peers' minima and medians in a row; undefined where one lacks the row. */
export function ratios({ times }, peer, other) {
  const [a, b] = [times[peer], times[other]];
  return a && b && { min: a.min / b.min, median: a.median / b.median };
}

const ratiosText = ({ min, median }) => `${ratioText(min)} ${ratioText(median)}`;
const textOf = (value, text) => (value ? text(value) : "");

/** The table's headings and cells, group by group; the first of `peers` is compared with each of the others. */
export function cells(groups, peers) {
  const [subject, ...others] = peers;
  const head = ["", ...peers, ...others.map((other) => `to ${other}`)];
  const bodies = groups.map(({ title, rows }) => ({
    title,
    lines: rows.map((row) => [
      row.name,
      ...peers.map((peer) => textOf(row.times[peer], durations)),
      ...others.map((other) => textOf(ratios(row, subject, other), ratiosText)),
    ]),
  }));
  return { head, bodies };
}

/** The whole table as text. */
export function table(groups, peers) {
  const { head, bodies } = cells(groups, peers);
  const all = [head, ...bodies.flatMap(({ lines }) => lines)];
  const widths = head.map((_, i) => Math.max(...all.map((line) => line[i].length)));
  const padded = (cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const text = (line) => line.map(padded).join("   ").trimEnd();
  return [text(head), ...bodies.flatMap(({ title, lines }) => ["", title, ...lines.map((line) => text(line))])].join("\n");
}
