// SIGINT stops a cell, and the kernel goes on. Imports client.
import assert from "node:assert/strict";
import { failure, sharedKernel, type KernelClient } from "./client";

const link = '(globalThis as unknown as { [key: symbol]: { interrupted: boolean } })[Symbol.for("torchlab.kernel")]';

describe("kernel: interrupt", function () {
  this.timeout(20_000);
  let kernel: KernelClient;
  before(async () => { kernel = await sharedKernel(); });

  let begun = 0;

  /** Code that says, past the queue of outputs, that its cell has begun. */
  const sayAtOnce = (): string => {
    begun++;
    return `import { writeSync } from "node:fs";\nwriteSync(2, "begun ${begun}\\n");`;
  };

  /** Code that says so a moment later: a signal just when a cell's synchronous part ends can get lost in Node. */
  const sayInTimer = (): string => {
    begun++;
    return `import { writeSync } from "node:fs";\nsetTimeout(() => writeSync(2, "begun ${begun}\\n"), 50);`;
  };

  /** Runs a cell, interrupts it when it has said that it has begun, and checks that the kernel still works. */
  const interrupted = async (code: string, begin = sayInTimer()): Promise<ReturnType<typeof failure>> => {
    const marker = `begun ${begun}\n`;
    const id = kernel.submit(`${begin}\n${code}`);
    await kernel.until(() => kernel.log.includes(marker), "the cell's beginning");
    kernel.interrupt();
    const error = failure(await kernel.executed(id));
    assert.equal((await kernel.execute("1 + 1")).result, "2");
    assert.equal((await kernel.execute(`${link}.interrupted`)).result, "false");
    return error;
  };
  it("stops a synchronous loop", async () => {
    assert.equal((await interrupted("while (true) {}", sayAtOnce())).ename, "Interrupted");
  });

  it("tells the library that a synchronous loop was ended without its `finally` blocks", async () => {
    await kernel.execute([
      'let mode = "outer";',
      "(globalThis as unknown as { [key: symbol]: { onAbort(listener: () => void): void } })",
      '  [Symbol.for("torchlab.kernel")].onAbort(() => { mode = "restored"; });',
    ].join("\n"));
    await interrupted('mode = "inner";\ntry { while (true) {} } finally { mode = "finally"; }', sayAtOnce());
    assert.equal((await kernel.execute("mode")).result, "'restored'");
  });

  it("leaves gradients on after an interrupt within noGrad", async () => {
    await kernel.execute('import * as pt from "torchlab";');
    await interrupted("pt.noGrad(() => { while (true) {} });", sayAtOnce());
    const { result } = await kernel.execute("pt.ones(1, { requiresGrad: true }).mul(2).requiresGrad");
    assert.equal(result, "true");
  });

  it("stops a pending await", async () => {
    assert.equal((await interrupted("await new Promise(() => {});")).ename, "Interrupted");
  });

  it("stops a synchronous loop in a cell that awaits later", async () => {
    assert.equal((await interrupted("while (true) {}\nawait null;", sayAtOnce())).ename, "Interrupted");
  });

  it("stops the cell's own loop at its next await", async () => {
    assert.equal((await kernel.execute("let steps = 0;")).reply.status, "ok");
    const { ename, traceback } = await interrupted(
      "while (true) {\n  await new Promise((done) => setTimeout(done, 1));\n  steps++;\n}");
    assert.equal(ename, "Interrupted");
    assert.match(traceback, /> 4 \| {3}await/);
    const before = (await kernel.execute("steps")).result;
    await kernel.execute("await new Promise((done) => setTimeout(done, 50));");
    assert.equal((await kernel.execute("steps")).result, before, "the loop does not go on behind the next cells");
  });

  it("stops a `for await` loop whose stream never ends", async () => {
    assert.equal((await interrupted(
      "async function* forever() { while (true) { await new Promise((done) => setTimeout(done, 1)); yield 1; } }\n" +
      "for await (const _one of forever()) {}")).ename, "Interrupted");
  });

  it("stops an asynchronous loop of the library where it polls the flag, and shows what it throws", async () => {
    const { evalue } = await interrupted([
      "async function train(): Promise<void> {",
      "  for (;;) {",
      `    if (${link}.interrupted) throw new Error("stopped between two batches");`,
      "    await new Promise((done) => setTimeout(done, 1));",
      "  }",
      "}",
      "await train();",
    ].join("\n"));
    assert.equal(evalue, "stopped between two batches");
  });

  it("fails a cell whose loop ends quietly on the flag", async () => {
    assert.equal((await interrupted(
      `while (!${link}.interrupted) { await new Promise((done) => setTimeout(done, 1)); }`)).ename, "Interrupted");
  });

  it("stops waiting for a promised output that never comes", async () => {
    const { ename } = await interrupted(
      `(${link} as unknown as { display(bundle: Promise<object>): void }).display(new Promise(() => {}));`);
    assert.equal(ename, "Interrupted");
  });

  it("stops by an interrupt request, too", async () => {
    const id = kernel.submit(`${sayInTimer()}\nawait new Promise(() => {});`);
    await kernel.until(() => kernel.log.includes(`begun ${begun}\n`), "the cell's beginning");
    assert.equal((await kernel.request("interrupt_request", {}, "control")).status, "ok");
    assert.equal(failure(await kernel.executed(id)).ename, "Interrupted");
  });

  it("does nothing while no cell runs", async () => {
    kernel.interrupt();
    // A signal and a request may come in the same turn of the kernel's loop, in either order: one turn, then, for the
    // signal, so that it does not meet the cell.
    await kernel.request("kernel_info_request", {}, "control");
    assert.equal((await kernel.execute("2 + 2")).result, "4");
  });
});
