// Owns timing: rows run in turn, round by round, so that a machine that slows down slows all of them. Imports nothing.

/**
 * Times each row's `run` over several rounds.
 * @param rows {name, run, count}: `run` does `count` units of work
 * @param rounds how often each row is timed, after two rounds that are not counted
 * @returns the rows with `min` and `median`, microseconds a unit
 */
export function measure(rows, rounds = 9) {
  const times = rows.map(() => []);
  for (let round = -2; round < rounds; round++) {
    rows.forEach(({ run, count }, i) => {
      const start = performance.now();
      run();
      const micros = ((performance.now() - start) * 1000) / count;
      if (round >= 0) times[i].push(micros);
    });
  }
  return rows.map((row, i) => {
    const sorted = times[i].sort((a, b) => a - b);
    return { ...row, min: sorted[0], median: sorted[Math.floor(sorted.length / 2)] };
  });
}

const cell = (value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));

/** The rows as a table, each with its ratio to the row that it names as its peer, of medians of one run. */
export function table(title, rows) {
  const byName = new Map(rows.map((row) => [row.name, row]));
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, min, median, peer }) => {
    const ratio = peer ? `${cell(median / byName.get(peer).median)} × ${peer}` : "";
    return `  ${name.padEnd(width)}  ${cell(min).padStart(8)}  ${cell(median).padStart(8)}  ${ratio}`;
  });
  return [`${title} (µs: minimum, median; ratio of medians)`, ...lines].join("\n");
}
