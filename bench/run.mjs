// `npm run bench`: what operations and training steps cost, beside PyTorch, tfjs and the same arithmetic by hand.
// The ratios of a run count; its times depend on the machine and on what else it does. Imports the bench's own files.
//
//   npm run bench [-- --quick] [-- --out folder]      --quick: everything once or twice, to see that it runs
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { mainProgram, PlainError } from "../tools/setup/child.mjs";
import { writeAtomically } from "../tools/setup/files.mjs";
import { cache } from "../tools/setup/paths.mjs";
import { measure, measureStarts, quick, thorough } from "./measure.mjs";
import { page } from "./page.mjs";
import { startPeers } from "./peers/all.mjs";
import { groups, startRows } from "./rows.mjs";
import { table } from "./table.mjs";

/** Options, or a PlainError that says what they can be. */
function options(args) {
  try {
    return parseArgs({ args, options: { quick: { type: "boolean" }, out: { type: "string" } } }).values;
  } catch (error) {
    throw new PlainError(`bench knows --quick and --out folder: ${error.message}`);
  }
}

const load = () => loadavg()[0].toFixed(1);

const busy =
  "The machine was busy with other work. That hits most what runs in several threads that wait for each other, as PyTorch's " +
  "do from some 10⁴ elements on: minima are nearer to what an idle machine does.";

await mainProgram(async () => {
  const { quick: isQuick = false, out = join(cache, "bench") } = options(process.argv.slice(2));
  const [effort, starts] = isQuick ? [quick, 1] : [thorough, 5];
  const before = load();
  const { peers, notes: whatTheyAre } = await startPeers();
  const timeStarts = () => measureStarts(startRows, peers.filter(({ start }) => start), starts);
  const timeRows = () => measure(groups, peers, effort, (line) => process.stderr.write(`bench: ${line}\n`));
  // A quick run wants to be over; in any other nothing runs beside what is timed.
  const [started, measured] = isQuick
    ? await Promise.all([timeStarts(), timeRows()])
    : [await timeStarts(), await timeRows()];
  for (const { close } of peers) close();

  const results = [...measured, { title: "Start, in a new process", rows: started }];
  const names = peers.map(({ name }) => name);
  const { length: cores, 0: { model } } = cpus();
  const notes = [
    `${new Date().toISOString().slice(0, 10)}, ${model.trim()}, ${cores} cores, Node ${process.version}; ` +
      `${whatTheyAre.join("; ")}. Load before and after: ${before} and ${load()}.`,
    "Times of one step, minimum and median of several timings; under \"to …\" torchlab's as multiples of the other's. " +
      "float32 where nothing else is said; tfjs, which has no other, everywhere.",
    ...(Number(before) > cores / 4 ? [busy] : []),
  ];
  console.log(`${notes.join("\n")}\n\n${table(results, names)}`);

  writeAtomically(join(resolve(out), "results.json"), `${JSON.stringify({ notes, peers: names, groups: results }, null, 1)}\n`);
  const file = join(resolve(out), "index.html");
  writeAtomically(file, await page(results, names, notes));
  console.log(`\nPage: ${pathToFileURL(file).href}`);
});
