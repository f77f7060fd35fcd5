// That the check of the notebooks can fail: it is run on notebooks that are wrong in every way it must see.
// Imports Node's built-ins.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseNotebook, textOf } from "./committed";

const root = join(__dirname, "..", "..");
const fixtures = join("tests", "fixtures", "notebooks");

interface Report {
  stats: { passes: number; failures: number };
  tests: { fullTitle: string; err: { message?: string } }[];
}

async function checkFixtures(): Promise<{ code: number | null; report: Report }> {
  const mocha = require.resolve("mocha/bin/mocha.js");
  const child = spawn(process.execPath, [mocha, "--reporter", "json", "tests/notebooks/notebooks.test.ts"], {
    cwd: root,
    env: { ...process.env, TORCHLAB_NOTEBOOKS: fixtures, TORCHLAB_CELL_TIMEOUT: "5" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((closed) => child.on("close", closed));
  return { code, report: JSON.parse(output.slice(output.indexOf("{"))) as Report };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the check of the notebooks", function () {
  this.timeout(180_000);

  let code: number | null;
  let errors: Map<string, string | undefined>;

  before("run it on the fixtures", async () => {
    const run = await checkFixtures();
    code = run.code;
    errors = new Map(run.report.tests.map(({ fullTitle, err }) => [fullTitle.replace("notebooks ", ""), err.message]));
  });

  /** The error of the one test whose title begins so, undefined where it passed. */
  function errorOf(title: string): string | undefined {
    const titles = [...errors.keys()].filter((each) => each.startsWith(title));
    assert.equal(titles.length, 1, `${title}: ${titles.length} such tests among ${[...errors.keys()].join("; ")}`);
    return errors.get(titles[0]);
  }

  it("fails as a whole", () => {
    assert.notEqual(code, 0);
  });

  for (const [cell, message] of [
    ["[1]", undefined],
    ["[2]", "output 1 says something else"],
    ["[3]", "raised Error: nobody expects it"],
    ["[4]", undefined],
    ["[5]", "has 0 outputs instead of 1"],
    ["[6]", "has 1 outputs instead of 0"],
    ["[7]", "is tagged raises-exception and raised nothing"],
    ["[8]", undefined],
    ["[9]", "output 1 says something else"],
    ["[10]", undefined],
    ["[11]", "output 1 is of another kind"],
  ] as const) {
    it(`broken.ipynb ${cell}: ${message ?? "passes"}`, () => {
      assert.equal(errorOf(`broken.ipynb ${cell} `)?.split("\n")[0], message);
    });
  }

  it("shows the cell, what is committed and what came", () => {
    const error = errorOf("broken.ipynb [2] ") ?? "";
    for (const part of ["console.log(2 + 2);", "is committed:\n    [stdout] 5", "came:\n    [stdout] 4"]) {
      assert.ok(error.includes(part), error);
    }
  });

  it("names a file that is no notebook", () => {
    assert.match(errorOf("corrupt.ipynb is a notebook") ?? "", /^is not a Jupyter notebook: /);
  });

  it("ends a notebook that loops for ever, and its kernel", async () => {
    assert.equal(errorOf("endless.ipynb [1] "), undefined);
    assert.equal(errorOf("endless.ipynb [2] "), "the cell ran longer than 5 s and was ended");
    assert.equal(errorOf("endless.ipynb [3] "), "did not run: the cell ran longer than 5 s and was ended");
    const copy = readFileSync(join(root, ".cache", "tested", fixtures, "endless.ipynb"), "utf8");
    const pid = Number(textOf(parseNotebook(copy).cells[0].outputs?.[0].text));
    assert.ok(pid > 1, `the notebook's first cell shows its kernel's process: ${pid}`);
    for (let waited = 0; isRunning(pid) && waited < 5000; waited += 100) await sleep(100);
    assert.ok(!isRunning(pid), `the kernel, process ${pid}, is still there`);
  });
});
