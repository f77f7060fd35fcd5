// Whether the package loads and computes. Imports Node's built-ins only.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../child.mjs";
import { lastWords, Trouble } from "./trouble.mjs";

const loader = join(dirname(fileURLToPath(import.meta.url)), "load.cjs");
const patience = 120_000;

/**
 * Resolves to TensorFlow's version where the package loads and multiplies two numbers.
 * @throws {Trouble} where it does not, or ends the process that tries
 */
export async function probe(places) {
  const signal = AbortSignal.timeout(patience);
  const { code, tail } = await run(process.execPath, [loader, places.module], { signal });
  const version = tail.map((line) => /^TensorFlow (\S+)$/.exec(line)?.[1]).find(Boolean);
  if (code === 0 && version) return version;
  const help = "delete `.cache/tensorflow` to have it made anew";
  if (tail.some((line) => line.includes("ended by SIGILL"))) {
    const why = "this processor lacks instructions (AVX) that TensorFlow's build uses";
    throw new Trouble(why, "use a machine that has them", { lasting: true });
  }
  const error = tail.find((line) => /Error: /.test(line)) ?? lastWords(tail);
  throw new Trouble(`it was made but does not load (${error.trim()})`, help, { lasting: true });
}
