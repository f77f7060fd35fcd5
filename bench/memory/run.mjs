// `npm run bench:memory`: how much memory long loops take, in processes of their own and in a cell of a notebook.
// Imports the bench's own files and set-up's.
//
//   npm run bench:memory [-- --quick] [-- --only loop] [-- --steps n] [-- --out folder]
import { cpus } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { mainProgram, PlainError, run } from "../../tools/setup/child.mjs";
import { writeAtomically } from "../../tools/setup/files.mjs";
import { cache } from "../../tools/setup/paths.mjs";
import { hasKernel, runInCell } from "./cell.mjs";
import { memoryPage, memoryTable } from "./report.mjs";

const worker = join(dirname(fileURLToPath(import.meta.url)), "worker.mjs");
const say = (line) => process.stderr.write(`bench:memory: ${line}\n`);

const loops = {
  mlp: { name: "MLP 784-128-10, batch 128", steps: 100_000, quick: 20 },
  regression: { name: "Linear regression, 100 points", steps: 1_000_000, quick: 2_000 },
  stream: { name: "Stream of float32, 16 MiB a step", steps: 256, quick: 8 },
};
/** A day: a loop that hangs is for the person at the terminal to end. */
const patience = 86_400;

async function runInProcess(id, steps) {
  let printed;
  const args = [worker, id, String(steps)];
  const onLine = (line) => {
    if (line.startsWith("[{")) printed = line;
  };
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" };
  const { code, tail } = await run(process.execPath, args, { env, onLine });
  if (code !== 0 || !printed) throw new PlainError(`the loop ${id} ended with ${code}:\n${tail.join("\n")}`);
  return JSON.parse(printed);
}

function options(args) {
  const known = { quick: { type: "boolean" }, only: { type: "string" }, steps: { type: "string" }, out: { type: "string" } };
  try {
    const { only, steps, ...rest } = parseArgs({ args, options: known }).values;
    if (only !== undefined && !Object.hasOwn(loops, only)) throw new Error(`there is no loop ${only}`);
    if (steps !== undefined && !/^[1-9]\d*$/.test(steps)) throw new Error(`${steps} is no number of steps`);
    return { ids: only ? [only] : Object.keys(loops), steps: steps && Number(steps), ...rest };
  } catch ({ message }) {
    const names = Object.keys(loops).join(", ");
    throw new PlainError(`bench:memory knows --quick, --only loop (${names}), --steps n and --out folder: ${message}`);
  }
}

await mainProgram(async () => {
  const { ids, quick, steps: asked, out = join(cache, "bench", "memory") } = options(process.argv.slice(2));
  const inCell = hasKernel();
  const runs = [];
  const failures = [];
  const add = async (id, name, execute) => {
    const steps = asked ?? (quick ? loops[id].quick : loops[id].steps);
    say(`${name}, ${steps} steps`);
    try {
      const samples = await execute(id, steps, patience);
      runs.push({ id, name, steps, seconds: samples.at(-1).seconds, samples });
    } catch (error) {
      if (!(error instanceof PlainError)) throw error;
      // The others may have taken hours: what they showed is kept.
      failures.push(error.message);
    }
  };
  for (const id of ids) await add(id, loops[id].name, runInProcess);
  // One loop does: a cell is the same function, called by the kernel.
  if (inCell) await add(ids[0], `${loops[ids[0]].name}, in a cell`, runInCell);

  if (runs.length === 0) throw new PlainError(failures.join("\n"));

  const { length: cores, 0: { model } } = cpus();
  const notes = [
    `${new Date().toISOString().slice(0, 10)}, ${model.trim()}, ${cores} cores, Node ${process.version}.`,
    "Each loop is one synchronous function that never awaits and frees nothing, in a new process, which is sampled from within.",
    ...(runs[0].samples[0].engines ? [] : ["The library does not tell what its engines hold."]),
    ...(inCell ? [] : ["The kernel is not set up here, so no loop ran in a cell."]),
  ];
  console.log(`${notes.join("\n")}\n\n${memoryTable(runs)}`);
  writeAtomically(join(resolve(out), "results.json"), `${JSON.stringify({ notes, runs }, null, 1)}\n`);
  const file = join(resolve(out), "index.html");
  writeAtomically(file, await memoryPage(runs, notes));
  console.log(`\nPage: ${pathToFileURL(file).href}`);
  for (const message of failures) console.error(message);
  return failures.length > 0 ? 1 : 0;
});
