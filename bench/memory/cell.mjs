// A loop in a cell of a notebook, run in the project's kernel. Imports Node's built-ins, set-up's paths and the
// notebooks' runner.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runNotebook } from "../../tools/notebooks/run.mjs";
import { PlainError } from "../../tools/setup/child.mjs";
import { kernelSpecFolder, venvPython } from "../../tools/setup/paths.mjs";
import * as loops from "./loops.mjs";
import { sampler } from "./sampler.mjs";

/** Whether the kernel has been installed here. */
export const hasKernel = () => existsSync(venvPython()) && existsSync(kernelSpecFolder);

const cell = (id, text) => ({
  cell_type: "code", execution_count: null, id, metadata: {}, outputs: [], source: text,
});

// A cell is TypeScript, which wants types where these functions have none.
const types = [
  ["(pt, steps", "(pt: any, steps: number"],
  [", sample)", ", sample: (step: number) => void)"],
  ["(step) =>", "(step: number) =>"],
  ["samples = []", "samples: any[] = []"],
];
const typed = (f) => types.reduce((text, [from, to]) => text.replaceAll(from, to), String(f));

/** In the cells the functions stand as they are, but for types, and are called as any other. */
function notebook(name, steps, file) {
  const cells = [
    cell("library", 'import * as pt from "torchlab";\nimport { writeFileSync } from "node:fs";'),
    cell("functions", `${typed(sampler)}\n${typed(loops[name])}`),
    cell("loop", `const { sample, samples } = sampler(pt, ${steps});\n${name}(pt, ${steps}, sample);`),
    cell("result", `writeFileSync(${JSON.stringify(file)}, JSON.stringify(samples));`),
  ];
  const kernelspec = { display_name: "TypeScript (torchlab)", language: "typescript", name: "torchlab" };
  return { cells, metadata: { kernelspec, language_info: { name: "typescript" } }, nbformat: 4, nbformat_minor: 5 };
}

/** The samples of a loop in a cell. */
export async function runInCell(name, steps, patience) {
  const folder = mkdtempSync(join(tmpdir(), "torchlab memory "));
  try {
    const [original, copy, file] = ["loop.ipynb", "executed.ipynb", "samples.json"].map((part) => join(folder, part));
    writeFileSync(original, JSON.stringify(notebook(name, steps, file)));
    const { problem } = await runNotebook(original, copy, { cellTimeout: patience, notebookTimeout: patience });
    if (problem) throw new PlainError(`the loop ${name} in a cell: ${problem.message}`);
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
