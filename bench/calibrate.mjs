// `npm run calibrate`: from which size on each kind of operation is faster on an engine than on the host, which is what
// kernel-lib/src/engines/placement.ts holds. Prints a table in Markdown. Imports the built library and measure.mjs.
//
//   npm run calibrate [-- --quick]      --quick: one round, to see that it runs
import pt from "torchlab";
import { mainProgram } from "../tools/setup/child.mjs";
import { summary } from "./measure.mjs";

const engines = ["tensorflow", "wasm"].filter((engine) => {
  try {
    pt.setEngine(engine);
    return true;
  } catch (error) {
    console.error(`left out: ${error.message}`);
    return false;
  }
});

const vector = (n) => pt.linspace(0.5, 1.5, n);
const square = (n) => vector(n * n).reshape([n, n]);

/** Of each kind the operations that are timed, by work: each makes its operands and returns a step. */
const kinds = {
  pointwise: {
    work: [256, 512, 1024, 2048, 4096, 8192, 16384, 32768],
    operations: {
      mul: (n) => ((a, b) => () => a.mul(b))(vector(n), vector(n)),
      exp: (n) => ((a) => () => a.exp())(vector(n)),
    },
  },
  reduction: {
    work: [1024, 2048, 4096, 8192, 16384, 32768, 65536],
    operations: {
      sum: (n) => ((a) => () => a.sum())(vector(n)),
      "sum of columns": (n) => ((a) => () => a.sum(0))(vector(n).reshape([n / 32, 32])),
    },
  },
  matmul: {
    work: [8, 12, 16, 24, 32, 48, 64, 96].map((n) => n ** 3),
    operations: { matmul: (work) => ((a) => () => a.matmul(a))(square(Math.round(Math.cbrt(work)))) },
  },
  movement: {
    work: [256, 1024, 2048, 4096, 8192, 16384, 32768, 65536],
    operations: {
      transpose: (n) => ((a) => () => a.t())(vector(n).reshape([n / 32, 32])),
      expand: (n) => ((a) => () => a.expand([n / 32, 32]))(vector(32)),
      "rows by index": (n) => ((a, i) => () => a.at(i))(vector(n).reshape([n / 32, 32]), Array.from({ length: n / 32 }, (_, k) => k ^ 1)),
    },
  },
};

/** Microseconds of one step: the least of several timings, each of them long enough to be read off the clock. */
function timeOf(step, { rounds, target }) {
  let count = 1;
  const time = () => {
    const start = performance.now();
    for (let i = 0; i < count; i++) step();
    return (performance.now() - start) * 1000;
  };
  while (time() < target) count *= 2;
  return summary(Array.from({ length: rounds }, () => time() / count)).min;
}

/** The steps' times on the host and on each engine, in turn. */
function measure(make, work, effort) {
  return Object.fromEntries(["host", ...engines].map((engine) => {
    pt.setEngine(engine);
    const step = make(work);
    // The operands go where they are computed with before the clock runs.
    step();
    return [engine, timeOf(step, effort)];
  }));
}

/** The least work from which on the engine is faster for good; undefined where it never is. */
function crossover(rows, engine) {
  const from = rows.findLastIndex(({ times }) => times[engine] > times.host) + 1;
  return rows[from]?.work;
}

const micros = (time) => (time < 10 ? time.toFixed(2) : time.toFixed(0));

await mainProgram(async () => {
  const quick = process.argv.includes("--quick");
  const effort = quick ? { rounds: 1, target: 0 } : { rounds: 7, target: 5000 };
  for (const [kind, { work: works, operations }] of Object.entries(kinds)) {
    console.log(`\n| ${kind}, µs | work | host | ${engines.join(" | ")} |\n| --- | --: | --: ${engines.map(() => "| --: ").join("")}|`);
    for (const [name, make] of Object.entries(operations)) {
      const rows = works.map((work) => ({ work, times: measure(make, work, effort) }));
      for (const { work, times } of rows) {
        console.log(`| ${name} | ${work} | ${["host", ...engines].map((engine) => micros(times[engine])).join(" | ")} |`);
      }
      const found = engines.map((engine) => `${engine} from ${crossover(rows, engine) ?? "nowhere"}`);
      console.log(`| **${name}** | faster: | | ${found.join(" | ")} |`);
    }
  }
});
