// Runs notebooks headlessly in the real kernel, some at a time.
// Imports Node's built-ins and tools/setup only.
import { mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../setup/child.mjs";
import { pythonEnv, venvPython } from "../setup/paths.mjs";

const executor = join(dirname(fileURLToPath(import.meta.url)), "execute.py");

/**
 * @typedef {{
 *   allowErrors?: boolean, cellTimeout?: number, notebookTimeout?: number, env?: Record<string, string>
 * }} RunOptions
 *   allowErrors: run every cell, whatever the ones before did; time-outs in seconds; env: added to the kernel's
 *   environment
 * @typedef {{ kind: string, message: string, index?: number }} Problem as execute.py says it
 * @typedef {{ index: number, seconds: number, error: string | null }} CellRun a code cell that ran
 * @typedef {{
 *   notebook: string, copy: string, seconds: number, cells: CellRun[], problem?: Problem
 * }} RunResult cells in order
 */

/** The notebooks of a folder, in reading order. */
export function notebooksIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Runs one notebook; the original is not touched.
 * @param {string} notebook its path
 * @param {string} copy where the executed copy goes
 * @param {RunOptions} options
 * @returns {Promise<RunResult>}
 */
export async function runNotebook(notebook, copy, options = {}) {
  const { allowErrors = false, cellTimeout = 120, notebookTimeout = 300, env = {} } = options;
  /** @type {CellRun[]} */
  const cells = [];
  let end;
  const noise = [];
  const started = Date.now();
  const args = [executor, notebook, copy, "--cell-timeout", cellTimeout, "--notebook-timeout", notebookTimeout]
    .concat(allowErrors ? ["--allow-errors"] : [])
    .map(String);
  // The executor has time-outs of its own; this one is for when the executor itself hangs.
  const patience = AbortSignal.timeout((notebookTimeout + 90) * 1000);
  const { code } = await run(venvPython(), args, {
    // Strict: an error that comes after its cell has ended fails the run.
    env: { ...pythonEnv(), ...env, PYTHONNOUSERSITE: "1", TORCHLAB_STRICT: "1" },
    signal: patience,
    onLine(line, stream) {
      const event = stream === "stdout" && line.startsWith("{") ? JSON.parse(line) : undefined;
      const { event: kind, ...rest } = event ?? {};
      if (kind === "cell") cells.push(rest);
      else if (kind === "end") end = rest;
      else noise.push(line);
    },
  });
  const seconds = end?.seconds ?? (Date.now() - started) / 1000;
  const last = noise.slice(-20).join("\n");
  const died = { kind: "internal", message: `the notebook's runner ended early (exit ${code}).` };
  const found = end === undefined ? died : end.problem;
  // Why a kernel or a runner died is in what it wrote before.
  const problem = ["internal", "kernel"].includes(found?.kind) && last !== "" ? withNoise(found, last) : found;
  return { notebook, copy, seconds, cells, ...(problem && { problem }) };
}

function withNoise(problem, noise) {
  return { ...problem, message: `${problem.message}\n${noise}` };
}

/**
 * Runs several notebooks into `folder`, at most `jobs` at once.
 * @param {string[]} notebooks
 * @param {string} folder
 * @param {RunOptions & { jobs?: number, onDone?: (result: RunResult) => void }} options onDone sees each as it ends
 * @returns {Promise<RunResult[]>} in the order of `notebooks`
 */
export async function runNotebooks(notebooks, folder, options = {}) {
  const { jobs = Math.min(2, availableParallelism()), onDone = () => {}, ...each } = options;
  mkdirSync(folder, { recursive: true });
  const results = new Array(notebooks.length);
  const waiting = notebooks.map((notebook, index) => ({ notebook, index }));
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { notebook, index } = next;
      results[index] = await runNotebook(notebook, join(folder, basename(notebook)), each);
      onDone(results[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker));
  return results;
}

/** What went wrong and where: the notebook, the cell as its prompt would number it, and the error. */
export function describeProblem({ notebook, cells, problem }) {
  if (problem.index === undefined) return `${basename(notebook)}: ${problem.message}`;
  const prompt = cells.filter(({ index }) => index < problem.index).length + 1;
  return `${basename(notebook)}, cell [${prompt}]: ${problem.message}`;
}
