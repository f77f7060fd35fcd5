// Every way in which a cell can fail gives a real Jupyter error with the cell's own lines. Imports client.
import assert from "node:assert/strict";
import { failure, sharedKernel, type KernelClient } from "./client";

describe("kernel: errors", function () {
  this.timeout(30_000);
  let kernel: KernelClient;
  before(async () => { kernel = await sharedKernel(); });

  it("shows name, message and the cell's TypeScript lines for a thrown error", async () => {
    const cell = await kernel.execute([
      "interface Point { x: number; y: number }",
      "function check(point: Point): number {",
      "  if (point.x < 0) throw new RangeError(`x is ${point.x}`);",
      "  return point.x as number;",
      "}",
      "check({ x: -1, y: 0 } satisfies Point);",
    ].join("\n"));
    const { ename, evalue, traceback } = failure(cell);
    assert.equal(ename, "RangeError");
    assert.equal(evalue, "x is -1");
    const name = `In[${cell.reply.execution_count}]`;
    assert.equal(traceback, [
      "RangeError: x is -1",
      `${name}, line 3, in check`,
      "    1 | interface Point { x: number; y: number }",
      "    2 | function check(point: Point): number {",
      "  > 3 |   if (point.x < 0) throw new RangeError(`x is ${point.x}`);",
      "      |                          ^",
      "    4 |   return point.x as number;",
      "    5 | }",
      `called from ${name}, line 6`,
      "  > 6 | check({ x: -1, y: 0 } satisfies Point);",
      "      | ^",
    ].join("\n"));
  });

  it("names the earlier cell in which a function fails, and the cell that called it", async () => {
    const first = await kernel.execute("const failing = (n: number): never => {\n  throw new Error(`n = ${n}`);\n};");
    const second = await kernel.execute("const seven = 7;\nfailing(seven);");
    const { traceback } = failure(second);
    const [inner, outer] = [first, second].map((cell) => `In[${cell.reply.execution_count}]`);
    assert.match(traceback, new RegExp(`^Error: n = 7\n${escape(inner)}, line 2, in failing\n`));
    assert.match(traceback, new RegExp(`called from ${escape(outer)}, line 2\n  > 2 \\| failing\\(seven\\);`));
  });

  it("maps error.stack itself, without the kernel's frames", async () => {
    const cell = await kernel.execute([
      "type Unused = { a: string };",
      "try { (null as unknown as Unused).a; } catch (error) { console.log((error as Error).stack); }",
    ].join("\n"));
    assert.equal(cell.reply.status, "ok");
    const [heading, ...frames] = cell.stdout.trimEnd().split("\n");
    assert.equal(heading, "TypeError: Cannot read properties of null (reading 'a')");
    assert.deepEqual(frames, [`    at In[${cell.reply.execution_count}]:2:35`]);
  });

  it("names the library in TypeScript's messages, not the files that it is in", async () => {
    const unknown = failure(await kernel.execute('import * as pt from "torchlab";\npt.foo;'));
    assert.match(unknown.evalue, /^Property 'foo' does not exist on type 'typeof import\("torchlab"\)'/);
    const clash = failure(await kernel.execute([
      'import * as pt from "torchlab";',
      "class Tensor { own = 1; }",
      "const t: Tensor = pt.ones(1);",
    ].join("\n")));
    assert.doesNotMatch(clash.traceback, /dist/);
  });

  it("shows what TypeScript says against a cell, at its place, and runs nothing of it", async () => {
    const cell = await kernel.execute('console.log("ran");\nconst count: number = "seven";\nunknownName();');
    const { ename, evalue, traceback } = failure(cell);
    assert.equal(cell.stdout, "");
    assert.equal(ename, "TypeScriptError");
    assert.equal(evalue, "Type 'string' is not assignable to type 'number'. (TS2322)");
    assert.match(traceback, / {2}> 2 \| const count: number = "seven";\n {6}\| {7}\^\^\^\^\^\n/);
    assert.match(traceback, /Cannot find name 'unknownName'\. \(TS2304\)/);
  });

  it("is strict", async () => {
    assert.match(failure(await kernel.execute("const id = (x) => x;")).evalue, /implicitly has an 'any' type/);
    assert.match(failure(await kernel.execute("const s: string = null;")).evalue, /'null' is not assignable/);
    assert.match(failure(await kernel.execute("Object.freeze([1] as number[])[0]; (Object.freeze({ a: 1 }) as { a: number }).a = 2;"))
      .evalue, /read only/);
  });

  it("shows a syntax error alone, at the end where something is missing", async () => {
    const { ename, evalue, traceback } = failure(await kernel.execute("const sum = (1 +\n"));
    assert.equal(ename, "SyntaxError");
    assert.equal(evalue, "Expression expected. (TS1109)");
    assert.match(traceback, /const sum = \(1 \+/);
    assert.doesNotMatch(traceback, /export/);
  });

  it("fails on a rejected await", async () => {
    const { ename, evalue, traceback } = failure(await kernel.execute(
      'async function load(): Promise<void> {\n  await null;\n  throw new Error("no data");\n}\nawait load();'));
    assert.deepEqual([ename, evalue], ["Error", "no data"]);
    assert.match(traceback, /line 3, in load\n/);
    assert.match(traceback, /called from In\[\d+\], line 5\n/);
  });

  it("fails on a rejection that nothing handles", async () => {
    const { evalue, traceback } = failure(await kernel.execute(
      'async function forgotten(): Promise<void> {\n  throw new Error("unheard");\n}\nvoid forgotten();'));
    assert.equal(evalue, "unheard");
    assert.match(traceback, /> 2 \| {3}throw new Error/);
  });

  it("fails on a timer that throws while the cell still runs, at once", async () => {
    const cell = await kernel.execute(
      'setTimeout(() => { throw new Error("from a timer"); }, 5);\nawait new Promise(() => {});');
    assert.equal(failure(cell).evalue, "from a timer");
  });

  it("makes process.exit an error, even where the cell catches it, and lives on", async () => {
    const { ename, evalue } = failure(await kernel.execute("process.exit(3);"));
    assert.equal(ename, "ProcessExit");
    assert.match(evalue, /process\.exit\(3\)/);
    assert.equal(failure(await kernel.execute("try { process.exit(); } catch { /* kept going */ }")).ename, "ProcessExit");
    assert.equal((await kernel.execute("6 * 7")).result, "42");
  });

  for (const [thrown, shown] of [['"text"', "'text'"], ["undefined", "undefined"], ["null", "null"],
    ["{ code: 5 }", "{ code: 5 }"]]) {
    it(`fails on a thrown ${thrown}`, async () => {
      const { ename, evalue, traceback } = failure(await kernel.execute(`throw ${thrown};`));
      assert.deepEqual([ename, evalue], ["Thrown", shown]);
      assert.match(traceback, /is no Error/);
    });
  }

  it("names an error after its class", async () => {
    const { ename } = failure(await kernel.execute("class ShapeError extends Error {}\nthrow new ShapeError('2 and 3');"));
    assert.equal(ename, "ShapeError");
  });

  it("shows the line that called the operation whose gradient is NaN, also from an earlier cell", async () => {
    const forward = await kernel.execute([
      'import * as pt from "torchlab";',
      "pt.autograd.setDetectAnomaly(true);",
      "const x = pt.zeros(1, { requiresGrad: true });",
      "const y = x.log().mul(0);",
    ].join("\n"));
    assert.equal(forward.reply.status, "ok");
    const { evalue, traceback } = failure(await kernel.execute("y.backward();"));
    await kernel.execute("pt.autograd.setDetectAnomaly(false);");
    assert.equal(evalue, "Function 'LogBackward0' returned nan values in its 0th output.");
    const name = escape(`In[${forward.reply.execution_count}]`);
    assert.match(traceback, new RegExp(`Caused by Error: Traceback of the forward call[^]*${name}, line 4\n`));
  });

  it("shows the chain of causes with their lines", async () => {
    const { traceback } = failure(await kernel.execute([
      "try {",
      '  JSON.parse("{");',
      "} catch (cause) {",
      '  throw new Error("cannot read the settings", { cause });',
      "}",
    ].join("\n")));
    assert.match(traceback, /^Error: cannot read the settings\nIn\[\d+\], line 4\n/);
    assert.match(traceback, /\n\nCaused by SyntaxError: [^\n]*\nIn\[\d+\], line 2\n/);
  });

  it("shows an endless recursion once", async () => {
    const { ename, traceback } = failure(await kernel.execute("const deeper = (n: number): number => 1 + deeper(n + 1);\ndeeper(0);"));
    assert.equal(ename, "RangeError");
    assert.match(traceback, /\d+ more calls in cells/);
    assert.ok(traceback.split("\n").length < 12, traceback);
  });

  it("shows the cell's line first and the library's after it, without this machine's paths", async () => {
    const { traceback } = failure(await kernel.execute('import * as pt from "torchlab";\npt.zeros(2).matmul(pt.zeros([3, 4]));'));
    const lines = traceback.split("\n");
    assert.match(lines[1], /^In\[\d+\], line 2$/);
    assert.match(traceback, /further in:\n {4}at .*\(torchlab\/dist\/.*:\d+:\d+\)/);
  });

  it("survives values that cannot be printed and errors that cannot be read", async () => {
    assert.equal(failure(await kernel.execute(
      'throw { [Symbol.for("nodejs.util.inspect.custom")](): string { throw new Error("x"); } };')).ename, "Thrown");
    assert.equal(failure(await kernel.execute(
      'const odd = new Error("m");\nObject.defineProperty(odd, "message", { get() { throw new Error("y"); } });\nthrow odd;')).ename, "Error");
    assert.equal(failure(await kernel.execute(
      '({ [Symbol.for("nodejs.util.inspect.custom")](): string { throw new Error("in inspect"); } })')).evalue, "in inspect");
  });
});

function escape(text: string): string {
  return text.replace(/[[\]]/g, "\\$&");
}
