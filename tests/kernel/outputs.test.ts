// Outputs arrive whole, in order, and as rich as they were given. Imports client.
import assert from "node:assert/strict";
import { failure, sharedKernel, type Executed, type KernelClient } from "./client";

const link = 'globalThis[Symbol.for("torchlab.kernel")]';

/** Declares, once, what the cells below call. */
const setUp = `
type Bundle = { [mime: string]: unknown };
interface Link {
  interrupted: boolean;
  display(bundle: Bundle | Promise<Bundle>, options?: { id?: string; update?: boolean }): void;
}
const link = (globalThis as unknown as { [key: symbol]: Link })[Symbol.for("torchlab.kernel")];
const later = <T>(value: T, ms = 30): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));
`;

function texts(cell: Executed): string[] {
  return cell.outputs.map(({ type, content }) => type === "stream" ? content.text : content.data["text/plain"]);
}

describe("kernel: outputs", function () {
  this.timeout(30_000);
  let kernel: KernelClient;
  before(async () => {
    kernel = await sharedKernel();
    assert.equal((await kernel.execute(setUp)).reply.status, "ok");
  });

  it("loses none of 20,000 lines written in one synchronous loop, nor the idle status", async () => {
    const cell = await kernel.execute("for (let i = 0; i < 20000; i++) console.log(`line ${i}`);");
    assert.equal(cell.reply.status, "ok");
    assert.equal(cell.stdout, Array.from({ length: 20000 }, (_, i) => `line ${i}\n`).join(""));
    assert.equal(cell.messages.at(-1)?.content.execution_state, "idle");
    assert.ok(cell.outputs.length < 200, `${cell.outputs.length} messages: lines are to be merged`);
  });

  it("carries one very long text", async () => {
    const cell = await kernel.execute('console.log("ä".repeat(3_000_000));');
    assert.equal(cell.stdout.length, 3_000_001);
  });

  it("keeps standard output and error in the order of writing, and characters whole", async () => {
    const cell = await kernel.execute([
      'console.log("a"); console.error("b"); console.log("c");',
      'for (const byte of Buffer.from("é€")) process.stdout.write(new Uint8Array([byte]));',
    ].join("\n"));
    assert.deepEqual(cell.outputs.map(({ content }) => [content.name, content.text]),
      [["stdout", "a\n"], ["stderr", "b\n"], ["stdout", "c\né€"]]);
  });

  it("calls back what waits for a write, and prints without colours", async () => {
    const cell = await kernel.execute(
      'await new Promise<void>((done) => process.stdout.write("x", () => done()));\nconsole.log({ n: 1 });');
    assert.equal(cell.stdout, "x{ n: 1 }\n");
  });

  it("sends output while a synchronous cell still runs", async () => {
    const id = kernel.submit('console.log("early");\nconst until = Date.now() + 400;\nwhile (Date.now() < until) console.log(".");');
    const first = await kernel.publication(id, ({ type }) => type === "stream");
    assert.ok(first.content.text.startsWith("early\n"));
    assert.ok(!kernel.messagesOf(id).some(({ content }) => content.execution_state === "idle"), "still busy");
    await kernel.executed(id);
  });

  it("shows the last expression's value as Node inspects it, and undefined not at all", async () => {
    assert.equal((await kernel.execute('"text"')).result, "'text'");
    assert.equal((await kernel.execute("null")).result, "null");
    assert.equal((await kernel.execute("[1, { a: new Map([[1, 2]]) }];")).result, "[ 1, { a: Map(1) { 1 => 2 } } ]");
    assert.equal((await kernel.execute("await later(8)")).result, "8");
    assert.equal((await kernel.execute("Promise.resolve(8)")).result, "Promise { 8 }");
    assert.deepEqual((await kernel.execute("console.log")).outputs.length, 1);
    assert.deepEqual((await kernel.execute("undefined")).outputs, []);
    assert.deepEqual((await kernel.execute("const quiet = 1;")).outputs, []);
    assert.deepEqual((await kernel.execute("for (let i = 0; i < 3; i++) i;")).outputs, []);
  });

  it("lets a value show itself, at once or by a promise", async () => {
    const own = (bundle: string): string => `({ [Symbol.for("Jupyter.display")]() { return ${bundle}; } })`;
    for (const bundle of ['{ "text/html": "<b>x</b>", "text/plain": "x" }',
      'later({ "text/html": "<b>x</b>", "text/plain": "x" })']) {
      const { outputs, reply } = await kernel.execute(own(bundle));
      assert.equal(outputs.length, 1);
      assert.equal(outputs[0].type, "execute_result");
      assert.deepEqual(outputs[0].content.data, { "text/html": "<b>x</b>", "text/plain": "x" });
      assert.equal(outputs[0].content.execution_count, reply.execution_count);
    }
    assert.equal(failure(await kernel.execute(own('Promise.reject(new Error("cannot draw"))'))).evalue, "cannot draw");
    assert.match(failure(await kernel.execute(own("5 as unknown as object"))).evalue, /bundle/);
  });

  it("displays bundles in order with text", async () => {
    const cell = await kernel.execute(
      'console.log("one"); link.display({ "text/plain": "two", "application/json": { a: [1] } }); console.log("three");');
    assert.deepEqual(texts(cell), ["one\n", "two", "three\n"]);
    assert.deepEqual(cell.outputs[1].content.data["application/json"], { a: [1] });
    assert.deepEqual(cell.outputs[1].content.metadata, {});
  });

  it("holds a promised bundle's place, and ends the cell only after it", async () => {
    const cell = await kernel.execute([
      'console.log("one");',
      'link.display(later({ "text/plain": "two" }, 120));',
      'console.log("three");',
      'link.display(later({ "text/plain": "four" }, 10));',
      '"five"',
    ].join("\n"));
    assert.deepEqual(texts(cell), ["one\n", "two", "three\n", "four", "'five'"]);
    assert.equal(cell.messages.at(-1)?.content.execution_state, "idle");
  });

  it("makes a promised bundle that is rejected the cell's error, after the other outputs", async () => {
    const cell = await kernel.execute([
      'link.display(Promise.reject(new Error("no figure")));',
      'console.log("said");',
      'link.display(later({ "text/plain": "shown" }));',
    ].join("\n"));
    assert.equal(failure(cell).evalue, "no figure");
    assert.deepEqual(texts({ ...cell, outputs: cell.outputs.slice(0, -1) }), ["said\n", "shown"]);
  });

  it("shows what was promised before an error, before the error", async () => {
    const cell = await kernel.execute('link.display(later({ "text/plain": "figure" }, 80));\nthrow new Error("after");');
    assert.equal(failure(cell).evalue, "after");
    assert.equal(texts({ ...cell, outputs: cell.outputs.slice(0, -1) })[0], "figure");
  });

  it("takes a bundle as it is at the call", async () => {
    const cell = await kernel.execute([
      'link.display(later({ "text/plain": "first" }));',
      'const changing = { "text/plain": "before" };',
      "link.display(changing);",
      'changing["text/plain"] = "after";\nundefined;',
    ].join("\n"));
    assert.deepEqual(texts(cell), ["first", "before"]);
  });

  it("sends binary data as base64, and refuses what is no bundle", async () => {
    const cell = await kernel.execute('link.display({ "image/png": new Uint8Array([1, 2, 3]) });');
    assert.equal(cell.outputs[0].content.data["image/png"], "AQID");
    assert.equal(failure(await kernel.execute('link.display("text" as unknown as Bundle);')).ename, "TypeError");
    assert.equal(failure(await kernel.execute('link.display({ "text/plain": 1n });')).ename, "TypeError");
    assert.match(failure(await kernel.execute("link.display({}, { update: true });")).evalue, /id/);
  });

  it("updates an output by its name, merging what comes faster than a front end can show", async () => {
    const cell = await kernel.execute([
      'link.display({ "text/plain": "0" }, { id: "bar" });',
      'for (let i = 1; i <= 5000; i++) link.display({ "text/plain": String(i) }, { id: "bar", update: true });',
    ].join("\n"));
    const [first, ...updates] = cell.outputs;
    assert.equal(first.type, "display_data");
    assert.deepEqual(first.content.transient, { display_id: "bar" });
    assert.ok(updates.length >= 1 && updates.length < 100, `${updates.length} updates`);
    for (const update of updates) {
      assert.equal(update.type, "update_display_data");
      assert.equal(update.content.transient.display_id, "bar");
    }
    assert.equal(updates.at(-1)?.content.data["text/plain"], "5000");
  });

  it("shows a new output of a name, and updates to it, after the updates of the old one", async () => {
    const show = (text: string, update: boolean): string =>
      `link.display({ "text/plain": "${text}" }, { id: "again", update: ${update} });`;
    const cell = await kernel.execute([show("a", false), show("b", true), show("c", false), show("d", true)].join("\n"));
    assert.deepEqual(cell.outputs.map(({ type, content }) => [type, content.data["text/plain"]]), [
      ["display_data", "a"], ["update_display_data", "b"], ["display_data", "c"], ["update_display_data", "d"]]);
  });

  it("keeps writing to a cell whose timers write after its end", async () => {
    const id = kernel.submit('void later(0, 40).then(() => console.log("afterwards"));');
    assert.equal((await kernel.executed(id)).stdout, "");
    const message = await kernel.publication(id, ({ type }) => type === "stream");
    assert.equal(message.content.text, "afterwards\n");
  });

  it("serves tslab's own display functions", async () => {
    const cell = await kernel.execute('import { display } from "tslab";\ndisplay.html("<i>x</i>");');
    assert.equal(cell.outputs[0].content.data["text/html"], "<i>x</i>");
  });

  it("gives the library the link under its symbol, not interrupted", async () => {
    assert.equal((await kernel.execute(`(${link} as any).interrupted`.replace(link, "(globalThis as any)[Symbol.for('torchlab.kernel')]"))).result, "false");
  });
});
