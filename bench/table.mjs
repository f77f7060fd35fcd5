// Owns the results as text: one line a row, each peer's minimum and median, and the ratios of both. Imports nothing.

const digits = (value) => (value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0));

/** "0.19 µs", "17.3 ms". */
export function duration(micros) {
  if (micros < 999.5) return `${digits(micros)} µs`;
  return micros < 999_500 ? `${digits(micros / 1e3)} ms` : `${digits(micros / 1e6)} s`;
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

const pair = (value, text) => (value ? [text(value.min), text(value.median)] : ["", ""]);

/** The table's headings and cells, group by group; the first of `peers` is compared with each of the others. */
export function cells(groups, peers) {
  const [subject, ...others] = peers;
  const headings = [...peers, ...others.map((other) => `${subject}/${other}`)];
  const head = ["minimum, median", ...headings.flatMap((heading) => [heading, ""])];
  const bodies = groups.map(({ title, rows }) => ({
    title,
    lines: rows.map((row) => [
      row.name,
      ...peers.flatMap((peer) => pair(row.times[peer], duration)),
      ...others.flatMap((other) => pair(ratios(row, subject, other), ratioText)),
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
  const text = (line) => line.map(padded).join("  ").trimEnd();
  return [text(head), ...bodies.flatMap(({ title, lines }) => ["", title, ...lines.map((line) => text(line))])].join("\n");
}
