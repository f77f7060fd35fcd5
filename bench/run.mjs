// `npm run bench`: what operations and training steps cost, beside PyTorch and the same arithmetic written out by hand.
// The ratios of a run count; its times depend on the machine and on what else it does. Imports the bench's own files.
//
//   npm run bench [-- --quick] [-- --out folder]      --quick: everything once or twice, to see that it runs
import { cpus, loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { mainProgram, PlainError, run } from "../tools/setup/child.mjs";
import { writeAtomically } from "../tools/setup/files.mjs";
import { cache, pythonEnv } from "../tools/setup/paths.mjs";
import { findPyTorch } from "./environment.mjs";
import { measure, measureStarts, quick, thorough } from "./measure.mjs";
import { page } from "./page.mjs";
import { localPeer } from "./peers/local.mjs";
import * as loop from "./peers/loop.mjs";
import { processPeer } from "./peers/process.mjs";
import * as torchlab from "./peers/torchlab.mjs";
import { groups, startRows } from "./rows.mjs";
import { table } from "./table.mjs";

const peersFolder = join(dirname(fileURLToPath(import.meta.url)), "peers");
const script = join(peersFolder, "pytorch.py");
const startScript = join(peersFolder, "start-torchlab.mjs");

/** A new process that prints what its import and its first operation took. */
async function startOnce(command, args) {
  const { code, tail } = await run(command, args, { env: pythonEnv() });
  if (code !== 0) throw new PlainError(`${[command, ...args].join(" ")} ended with ${code}:\n${tail.join("\n")}`);
  return JSON.parse(tail.at(-1));
}

async function startPyTorch(python) {
  const peer = processPeer("PyTorch", python, [script], pythonEnv());
  const { version, threads } = await peer.ask({ do: "describe" });
  const note = `PyTorch ${version}, ${threads} threads`;
  return { ...peer, note, start: () => startOnce(python, [script, "--start"]) };
}

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
  const python = findPyTorch();
  const pytorch = python && (await startPyTorch(python));
  const peers = [
    { ...localPeer("torchlab", torchlab), start: () => startOnce(process.execPath, [startScript]) },
    ...(pytorch ? [pytorch] : []),
    localPeer("loop", loop),
  ];
  const timeStarts = () => measureStarts(startRows, peers.filter(({ start }) => start), starts);
  const timeRows = () => measure(groups, peers, effort, (line) => process.stderr.write(`bench: ${line}\n`));
  // A quick run wants to be over; in any other nothing runs beside what is timed.
  const [started, measured] = isQuick
    ? await Promise.all([timeStarts(), timeRows()])
    : [await timeStarts(), await timeRows()];
  pytorch?.close();

  const results = [...measured, { title: "Start, in a new process", rows: started }];
  const names = peers.map(({ name }) => name);
  const { length: cores, 0: { model } } = cpus();
  const notes = [
    `${new Date().toISOString().slice(0, 10)}, ${model.trim()}, ${cores} cores, Node ${process.version}; ` +
      `${pytorch ? pytorch.note : "PyTorch is not installed for the benches: `npm run bench:setup` gets it"}. ` +
      `Load before and after: ${before} and ${load()}.`,
    "Times of one step, minimum and median of several timings, and the ratios of both; float32 where nothing else is said.",
    ...(Number(before) > cores / 4 ? [busy] : []),
  ];
  console.log(`${notes.join("\n")}\n\n${table(results, names)}`);

  writeAtomically(join(resolve(out), "results.json"), `${JSON.stringify({ notes, peers: names, groups: results }, null, 1)}\n`);
  const file = join(resolve(out), "index.html");
  writeAtomically(file, await page(results, names, notes));
  console.log(`\nPage: ${pathToFileURL(file).href}`);
});
