// The programs that run notebooks headlessly each report a failing cell, and skip none. Imports client's paths only.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanEnvironment, plain, projectRoot, type Content } from "./client";

const python = process.platform === "win32"
  ? join(projectRoot, ".venv", "Scripts", "python.exe")
  : join(projectRoot, ".venv", "bin", "python");
const fixtures = join(projectRoot, "tests", "fixtures", "kernel");

interface Ended {
  readonly code: number;
  /** Standard output and error, without colours. */
  readonly text: string;
}

/** What to run, by its Python package; two lists, each worked off in order beside the other. */
const commands = [
  {
    nbclient: ["-c", "import nbclient.cli; nbclient.cli.main()", "failing.ipynb"],
    nbconvert: ["-m", "nbconvert", "--to", "notebook", "--execute", "--output", "stopped", "failing.ipynb"],
    papermill: ["-m", "papermill", "--no-progress-bar", "failing.ipynb", "papermill.ipynb"],
  },
  {
    "nbconvert --allow-errors":
      ["-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--output", "allowed", "failing.ipynb"],
    nbmake: ["-m", "pytest", "-p", "no:cacheprovider", "--nbmake", "failing.ipynb", "passing.ipynb"],
    nbval: ["-m", "pytest", "-p", "no:cacheprovider", "--nbval", "failing.ipynb", "passing.ipynb"],
  },
];

describe("kernel: programs that run notebooks", function () {
  this.timeout(240_000);
  let folder: string;
  const runs = new Map<string, Promise<Ended | undefined>>();

  before(function () {
    if (!existsSync(python)) {
      console.warn('      no .venv: run "node tools/setup.mjs --test"');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "torchlab-runners-"));
    for (const name of ["failing.ipynb", "passing.ipynb"]) copyFileSync(join(fixtures, name), join(folder, name));
    for (const list of commands) {
      let previous: Promise<unknown> = Promise.resolve();
      for (const [name, args] of Object.entries(list)) {
        const started = previous.then(() => runIfInstalled(name, args));
        runs.set(name, started);
        previous = started;
      }
    }
  });
  after(async () => {
    await Promise.all(runs.values());
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[]): Promise<Ended> => new Promise((done) => {
    // Nothing of the user's own Jupyter settings may take part, nor anything be written there.
    const own = { JUPYTER_CONFIG_DIR: folder, JUPYTER_RUNTIME_DIR: folder, IPYTHONDIR: folder, JUPYTER_PLATFORM_DIRS: "1" };
    const child = execFile(python, args, { cwd: folder, env: cleanEnvironment(own) },
      (_error, stdout, stderr) => done({ code: child.exitCode ?? -1, text: plain(stdout + stderr) }));
  });

  const runIfInstalled = async (name: string, args: readonly string[]): Promise<Ended | undefined> => {
    const found = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name.split(" ")[0]}") is None)`;
    return (await run(["-c", found])).code === 0 ? run(args) : undefined;
  };

  /** How a run ended; skips, in a line that says so, where set-up for tests has not installed the program. */
  const ended = async (test: Mocha.Context, name: string): Promise<Ended> => {
    const result = await runs.get(name);
    if (result !== undefined) return result;
    console.warn(`      ${name} is not in .venv: run "node tools/setup.mjs --test"`);
    return test.skip();
  };

  for (const name of ["nbclient", "nbconvert", "papermill"]) {
    it(`${name} stops with the error`, async function () {
      const { code, text } = await ended(this, name);
      assert.notEqual(code, 0);
      assert.match(text, /RangeError: broken on purpose: 2/);
      assert.match(text, /> 2 \| throw new RangeError/, "the cell's own line");
      assert.ok(!existsSync(join(folder, "stopped.ipynb")));
    });
  }

  it("nbconvert --allow-errors keeps the error and runs every later cell", async function () {
    const { code, text } = await ended(this, "nbconvert --allow-errors");
    assert.equal(code, 0, text);
    const { cells, metadata } = JSON.parse(readFileSync(join(folder, "allowed.ipynb"), "utf8")) as Content;
    assert.deepEqual(cells.map((cell: Content) => cell.execution_count), [1, 2, 3]);
    assert.equal(cells[1].outputs[0].output_type, "error");
    assert.equal(cells[1].outputs[0].ename, "RangeError");
    assert.equal([cells[2].outputs[0].text].flat().join(""), "after the failure 21\n");
    assert.equal(metadata.language_info.pygments_lexer, "typescript");
  });

  for (const [name, passed] of [["nbmake", 1], ["nbval", 4]] as const) {
    it(`${name} fails what fails and passes the rest`, async function () {
      const { code, text } = await ended(this, name);
      assert.equal(code, 1, text);
      assert.match(text, /RangeError: broken on purpose: 2/);
      assert.match(text, new RegExp(`1 failed, ${passed} passed`));
    });
  }
});
