// A peer's process in Node: `node serve.mjs peer.mjs` answers the requests that pytorch.py lists.
// The peer's module has `workloads`, `bySize`, `digest`, and may have `describe`. Imports Node's built-ins.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** Made by each step and read by nobody else, so that no step can be left out as useless. */
let last;

function timed(step, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) last = step();
  return (performance.now() - start) * 1000;
}

/** Answers requests about a module's workloads. */
function answering({ workloads, bySize, digest, describe = () => ({}) }) {
  const steps = new Map();
  const workload = (id) => {
    const [rule, size] = id.split(" ");
    const make = bySize[rule];
    return workloads[id] ?? (make && (() => make(Number(size))));
  };
  return {
    describe: () => describe(),
    prepare({ row }) {
      const step = workload(row)?.();
      if (step === undefined) return { value: null };
      steps.set(row, step);
      timed(step, 1);
      const value = digest(last);
      // NaN is no JSON, and no agreement either.
      return { value: Number.isFinite(value) ? value : String(value) };
    },
    time: ({ row, count }) => ({ micros: timed(steps.get(row), count) }),
  };
}

// Ctrl-C ends the bench, and with it this process: its stdin closes.
process.on("SIGINT", () => {});
try {
  const answers = answering(await import(pathToFileURL(process.argv[2])));
  createInterface({ input: process.stdin }).on("line", (line) => {
    const request = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(answers[request.do](request))}\n`);
  });
} catch (error) {
  // The one line that tells why this peer does not take part.
  console.error(error.message.split("\n")[0]);
  process.exitCode = 1;
}
