// The notebooks show what is committed whatever engine computes them: exactly on the host, as they do where there is no
// other, and within 1e-6 where another is forced. Imports the notebook runner of tools/ and the library.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setEngine } from "torchlab";
import { checkCell, parseNotebook, within } from "./committed";

const root = join(__dirname, "..", "..");
const folder = join(root, "notebooks");
const paths = readdirSync(folder).filter((name) => name.endsWith(".ipynb")).sort().map((name) => join(folder, name));

/** float32 has some seven digits; an engine adds up in another order and rounds once more here and there. */
const forced = within(1e-6);

const engines = [
  { engine: "host", comparison: undefined },
  { engine: "tensorflow", comparison: forced },
  { engine: "wasm", comparison: forced },
] as const;

function isThere(engine: (typeof engines)[number]["engine"]): boolean {
  try {
    setEngine(engine);
    return true;
  } catch {
    return false;
  } finally {
    setEngine("auto");
  }
}

describe("notebooks on each engine", function () {
  this.timeout(600_000);

  for (const { engine, comparison } of engines) {
    it(`show on ${engine} what is committed${comparison ? ", within 1e-6" : ""}`, async function () {
      if (!isThere(engine)) return this.skip();
      const { runNotebooks } = await import("../../tools/notebooks/run.mjs");
      const env = { TORCHLAB_ENGINE: engine };
      const copies = join(root, ".cache", "tested", engine);
      const failures: string[] = [];
      for (const { notebook, copy, problem } of await runNotebooks(paths, copies, { allowErrors: true, env })) {
        if (problem) failures.push(`${basename(notebook)}: ${problem.message}`);
        const executed = parseNotebook(readFileSync(copy, "utf8")).cells;
        parseNotebook(readFileSync(notebook, "utf8")).cells.forEach((cell, i) => {
          if (cell.cell_type !== "code") return;
          try {
            checkCell(cell, executed[i], comparison);
          } catch (error) {
            failures.push(`${basename(notebook)}: ${(error as Error).message}`);
          }
        });
      }
      if (failures.length > 0) throw new Error(failures.join("\n"));
    });
  }
});
