// Every notebook runs in the real kernel and shows what is committed: a suite each, a test each cell.
// Imports the notebook runner of tools/.
//
// The tests of this check itself run it on fixtures: TORCHLAB_NOTEBOOKS names another folder, and
// TORCHLAB_CELL_TIMEOUT other seconds a cell may take.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import type { RunResult } from "../../tools/notebooks/run.mjs" with { "resolution-mode": "import" };
import { checkCell, nameOf, parseNotebook, textOf, type Cell, type Notebook } from "./committed";

const root = join(__dirname, "..", "..");
const folder = resolve(root, process.env.TORCHLAB_NOTEBOOKS ?? "notebooks");
const cellTimeout = Number(process.env.TORCHLAB_CELL_TIMEOUT ?? 120);
const notebookTimeout = 300;

const paths = readdirSync(folder).filter((name) => name.endsWith(".ipynb")).sort().map((name) => join(folder, name));
const executions = new Map<string, Promise<RunResult>>();

/** The notebook's run. The first call starts them all, two at a time, each once. */
function execution(path: string): Promise<RunResult> {
  if (executions.size === 0) {
    const settle = new Map<string, (result: RunResult) => void>();
    for (const each of paths) executions.set(each, new Promise((settled) => settle.set(each, settled)));
    const copies = join(root, ".cache", "tested", relative(root, folder));
    const onDone = (result: RunResult): void => settle.get(result.notebook)?.(result);
    void import("../../tools/notebooks/run.mjs").then(({ runNotebooks }) =>
      runNotebooks(paths, copies, { allowErrors: true, cellTimeout, notebookTimeout, onDone }));
  }
  return executions.get(path)!;
}

function describeNotebook(path: string, committed: Notebook): void {
  let result: RunResult;
  let executed: Cell[];

  before("run it", async function () {
    // All of them are under way at once, so that this one may wait for the ones before it too.
    this.timeout((notebookTimeout + 120) * 1000 * paths.length);
    result = await execution(path);
    executed = result.problem?.kind === "unreadable" ? [] : parseNotebook(readFileSync(result.copy, "utf8")).cells;
  });

  it("runs to its end", () => {
    assert.equal(result.problem?.message, undefined, result.problem?.message);
  });

  it("is committed with its outputs, for this kernel", () => {
    assert.equal(committed.metadata.kernelspec?.name, "torchlab");
    const codeCells = committed.cells.filter(({ cell_type }) => cell_type === "code");
    assert.deepEqual(codeCells.map((cell) => cell.execution_count), codeCells.map((_cell, i) => i + 1));
  });

  let prompt = 0;
  committed.cells.forEach((cell, index) => {
    if (cell.cell_type !== "code") return;
    prompt += 1;
    it(`[${prompt}] ${nameOf(cell)}`, () => {
      const { problem, cells } = result;
      const ran = cells.some((run) => run.index === index);
      if (!ran || problem?.index === index) {
        assert.fail(problem?.index === index ? problem.message : `did not run: ${problem?.message}`);
      }
      assert.equal(textOf(executed[index].source), textOf(cell.source), "the notebook was changed while the tests ran");
      checkCell(cell, executed[index]);
    });
  });
}

describe("notebooks", () => {
  it("there are some", () => {
    assert.ok(paths.length > 0, `no notebook lies in ${folder}`);
  });

  for (const path of paths) {
    describe(basename(path), () => {
      let committed: Notebook;
      try {
        committed = parseNotebook(readFileSync(path, "utf8"));
      } catch (error) {
        it("is a notebook", () => {
          throw error;
        });
        return;
      }
      describeNotebook(path, committed);
    });
  }
});
