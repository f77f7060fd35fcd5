// That the worked example of CONTRIBUTING.md does what is said there: one entry, nothing else touched.
// Imports Node's built-ins.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");
// Inside the project, so that the copy finds its packages.
const copy = join(root, ".cache", "worked-example");

function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  assert.equal(status, 0, `node ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

/** The page's example: the file that the entry goes into, and the entry. */
function example(): { file: string; name: string; entry: string } {
  const page = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const [, file, entry] = /Add the entry to the table in `([^`]+)`:\n\n```ts\n(.*?)```/s.exec(page)!;
  const [, name] = /^ {2}(\w+): \{$/m.exec(entry)!;
  return { file, name, entry };
}

describe("the worked example of the contributor's guide", function () {
  this.timeout(180_000);
  const { file, name, entry } = example();

  before("build a copy with the entry", () => {
    rmSync(copy, { recursive: true, force: true });
    for (const part of ["src", "native", "generate.mjs", "tsconfig.json", "package.json"])
      cpSync(join(root, "kernel-lib", part), join(copy, "kernel-lib", part), { recursive: true });
    for (const part of ["unit/rules.test.ts", "unit/gradients.test.ts", "golden/golden.ts"])
      cpSync(join(root, "tests", part), join(copy, "tests", part));
    mkdirSync(join(copy, "node_modules"));
    symlinkSync(join(copy, "kernel-lib"), join(copy, "node_modules", "torchlab"), "junction");
    // What npm could not put beside the other packages.
    const own = join(root, "kernel-lib", "node_modules");
    if (existsSync(own)) symlinkSync(own, join(copy, "kernel-lib", "node_modules"), "junction");
    const table = readFileSync(join(copy, file), "utf8");
    const end = table.lastIndexOf("\n}");
    writeFileSync(join(copy, file), `${table.slice(0, end)}\n${entry.trimEnd()}${table.slice(end)}`);
    node(join("kernel-lib", "generate.mjs"));
    node(require.resolve("typescript/bin/tsc"), "-p", "kernel-lib");
  });

  after(() => rmSync(copy, { recursive: true, force: true }));

  it("is of an operation that there is not yet", () => {
    assert.doesNotMatch(readFileSync(join(root, file), "utf8"), new RegExp(`\\b${name}:`));
  });

  it("gives functions and methods of Tensor and Scalar, in the graph and in the types", () => {
    const use = `
      import * as pt from "torchlab";
      const [a, b] = [pt.tensor([1.5, 1000]).requiresGrad_(), pt.tensor([[2.5], [999]], { dtype: pt.float64 })];
      const y = pt.${name}(a, b);
      y.sum().backward();
      console.log(JSON.stringify([
        y.shape, y.dtype, y.gradFn?.name, a.grad?.shape, a.detach().${name}_(1).shape, a.detach().${name}(3).shape,
        new pt.Scalar(1).${name}(new pt.Scalar(2)).val,
      ]));`;
    writeFileSync(join(copy, "use.ts"), use);
    node(require.resolve("typescript/bin/tsc"), "--strict", "--module", "commonjs", "--target", "es2022", "--skipLibCheck", "use.ts");
    const said = JSON.parse(node("use.js")) as unknown[];
    assert.deepEqual(said.slice(0, -1), [
      [2, 2], "float64", `${name[0].toUpperCase()}${name.slice(1)}Backward0`, [2], [2], [2],
    ]);
    assert.ok(Math.abs((said.at(-1) as number) - Math.log(Math.E + Math.E ** 2)) < 1e-15);
  });

  it("is tested by the tests that there are", () => {
    const mocha = require.resolve("mocha/bin/mocha.js");
    const tests = ["rules", "gradients"].map((test) => join("tests", "unit", `${test}.test.ts`));
    const said = node(mocha, "--no-config", "--require", "tsx/cjs", "--reporter", "json", "--grep", name, ...tests);
    const { stats, passes } = JSON.parse(said.slice(said.indexOf("{"))) as {
      stats: { passes: number; failures: number }; passes: { fullTitle: string }[];
    };
    assert.equal(stats.failures, 0);
    const titles = passes.map(({ fullTitle }) => fullTitle).join("\n");
    for (const what of [/gradient/, /in one pass/, /Scalar/]) assert.match(titles, what);
  });
});
