// Runs notebooks headlessly in the real kernel, some at a time. Imports Node's built-ins and tools/setup only.
import { mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../setup/child.mjs";
import { pythonEnv, venvPython } from "../setup/paths.mjs";

const executor = join(dirname(fileURLToPath(import.meta.url)), "execute.py");

/** The notebooks of a folder, in reading order. */
export function notebooksIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Runs one notebook; the original is not touched.
 * @param notebook its path
 * @param copy where the executed copy goes
 * @returns {{ notebook, copy, seconds, cells, problem? }} cells: [{ index, seconds, error }], code cells that ran, in order;
 *   problem: { kind, message, index? } as tools/notebooks/execute.py says it
 */
export async function runNotebook(notebook, copy, { allowErrors = false, cellTimeout = 120, notebookTimeout = 300 } = {}) {
  const cells = [];
  let end;
  const noise = [];
  const started = Date.now();
  const args = ["--cell-timeout", String(cellTimeout), "--notebook-timeout", String(notebookTimeout)];
  // The executor has time-outs of its own; this one is for when the executor itself hangs.
  const patience = AbortSignal.timeout((notebookTimeout + 90) * 1000);
  const { code } = await run(venvPython(), [executor, notebook, copy, ...args, ...(allowErrors ? ["--allow-errors"] : [])], {
    env: { ...pythonEnv(), PYTHONNOUSERSITE: "1" },
    signal: patience,
    onLine(line, stream) {
      const event = stream === "stdout" && line.startsWith("{") ? JSON.parse(line) : undefined;
      if (event?.event === "cell") cells.push({ index: event.index, seconds: event.seconds, error: event.error });
      else if (event?.event === "end") end = event;
      else noise.push(line);
    },
  });
  const seconds = end?.seconds ?? (Date.now() - started) / 1000;
  const died = { kind: "internal", message: `the notebook's runner ended early (exit ${code}).\n${noise.slice(-20).join("\n")}` };
  const problem = end === undefined ? died : end.problem;
  return { notebook, copy, seconds, cells, ...(problem && { problem }) };
}

/** Runs several notebooks into `folder`, at most `jobs` at once. Results are in the order of `notebooks`; `onDone` sees each as it ends. */
export async function runNotebooks(notebooks, folder, { jobs = Math.min(2, availableParallelism()), onDone = () => {}, ...options } = {}) {
  mkdirSync(folder, { recursive: true });
  const results = new Array(notebooks.length);
  const waiting = notebooks.map((notebook, index) => ({ notebook, index }));
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { notebook, index } = next;
      results[index] = await runNotebook(notebook, join(folder, basename(notebook)), options);
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
