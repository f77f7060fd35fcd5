// Prints what the library takes in this new process, µs: its import and first small operation, or (--large) its first
// large one, or (--engine name) that on an engine. Imports the built library.
import { parseArgs } from "node:util";

const options = { large: { type: "boolean" }, engine: { type: "string" } };
const { large, engine } = parseArgs({ options }).values;
if (engine !== undefined) process.env.TORCHLAB_ENGINE = engine;

const begin = performance.now();
const { default: pt } = await import("torchlab");
const imported = performance.now();

function firstLarge() {
  const a = pt.ones(512, 512);
  a.matmul(a).sum().item();
  return (performance.now() - imported) * 1000;
}

function firstSmall() {
  pt.linspace(0, 1, 100).mul(2).toArray();
  return (performance.now() - imported) * 1000;
}

function times() {
  if (engine !== undefined) return { [`first ${engine}`]: firstLarge() };
  return large ? { "first large": firstLarge() } : { import: (imported - begin) * 1000, first: firstSmall() };
}

console.log(JSON.stringify(times()));
