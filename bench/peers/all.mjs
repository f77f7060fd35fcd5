// Starts the peers, each in a process of its own, so that neither memory nor threads are shared.
// Imports set-up and the benches' parts.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PlainError, run } from "../../tools/setup/child.mjs";
import { pythonEnv } from "../../tools/setup/paths.mjs";
import { findPyTorch } from "../environment.mjs";
import { float32 } from "../rows.mjs";
import { processPeer } from "./process.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const script = (name) => join(folder, name);

const quietTensorFlow = { TF_CPP_MIN_LOG_LEVEL: "2" };

/** A new process that prints what its import or its first operation took. */
async function startOnce(command, args, env) {
  const { code, tail } = await run(command, args, { env });
  if (code !== 0) throw new PlainError(`${[command, ...args].join(" ")} ended with ${code}:\n${tail.join("\n")}`);
  const printed = tail.filter((line) => line.startsWith("{")).at(-1);
  return JSON.parse(printed);
}

/** One process for each list of arguments; together they have the times of the start rows. */
const startEach = (command, lists, env) => async () => {
  const times = {};
  for (const args of lists) Object.assign(times, await startOnce(command, args, env));
  return times;
};

async function described(peer, more) {
  const { note } = await peer.ask({ do: "describe" });
  return { ...peer, ...more, note };
}

const nodePeer = (name, module, env = process.env) =>
  processPeer(name, process.execPath, [script("serve.mjs"), script(module)], env);

function startTorchlab() {
  const start = script("start-torchlab.mjs");
  const lists = [[start], [start, "--large"], [start, "--engine", "wasm"]];
  const env = { ...process.env, ...quietTensorFlow };
  return described(nodePeer("torchlab", "torchlab.mjs", env), { start: startEach(process.execPath, lists, env) });
}

function startPyTorch(python) {
  const file = script("pytorch.py");
  const env = pythonEnv();
  const start = startEach(python, [[file, "--start"], [file, "--start", "--large"]], env);
  return described(processPeer("PyTorch", python, [file], env), { start });
}

function startTfjs() {
  const file = script("start-tfjs.mjs");
  // The rows' data come from the library; in this process tfjs alone is to use TensorFlow.
  const env = { ...process.env, ...quietTensorFlow, TORCHLAB_ENGINE: "host" };
  const more = { start: startEach(process.execPath, [[file], [file, "--large"]], env), leastTolerance: float32 };
  return described(nodePeer("tfjs", "tfjs.mjs", env), more);
}

/**
 * Starts every peer that can be had here.
 * @returns the peers, torchlab first, and `notes`: what the peers are, and why others are missing
 */
export async function startPeers() {
  const python = findPyTorch();
  const missing = python ? [] : ["PyTorch is not installed for the benches: `npm run bench:setup` gets it"];
  const tfjs = await startTfjs().catch((error) => {
    if (!(error instanceof PlainError)) throw error;
    missing.push(`tfjs does not start and is left out: ${error.message.split("\n").at(-1).replace(/[.\s]+$/, "")}`);
  });
  const peers = [
    await startTorchlab(),
    ...(python ? [await startPyTorch(python)] : []),
    ...(tfjs ? [tfjs] : []),
    nodePeer("loop", "loop.mjs"),
  ];
  return { peers, notes: [...peers.flatMap(({ note }) => note ?? []), ...missing] };
}
