// Jupyter's other requests, and what surrounds a cell: statuses, counts, aborts. Imports client.
import assert from "node:assert/strict";
import { failure, sharedKernel, type Content, type KernelClient } from "./client";

describe("kernel: protocol", function () {
  this.timeout(20_000);
  let kernel: KernelClient;
  before(async () => { kernel = await sharedKernel(); });

  it("tells its language, as nbconvert and editors highlight it", async () => {
    const info = await kernel.request("kernel_info_request", {});
    assert.equal(info.status, "ok");
    assert.match(info.protocol_version, /^5\.\d$/);
    const { name, file_extension, pygments_lexer, mimetype, codemirror_mode } = info.language_info as Content;
    assert.deepEqual([name, file_extension, pygments_lexer, mimetype],
      ["typescript", ".ts", "typescript", "text/typescript"]);
    assert.equal(codemirror_mode.mode, "typescript");
  });

  it("frames every request by busy and idle, known or not", async () => {
    const requests: [string, Content, boolean][] = [
      ["kernel_info_request", {}, true], ["comm_info_request", { target_name: "x" }, true],
      ["history_request", { hist_access_type: "tail", n: 5 }, true], ["is_complete_request", { code: "1" }, true],
      ["complete_request", { code: "con", cursor_pos: 3 }, true], ["inspect_request", { code: "con", cursor_pos: 1 }, true],
      ["comm_open", { comm_id: "c", target_name: "x", data: {} }, false], ["comm_msg", { comm_id: "c" }, false],
      ["usage_request", {}, false],
    ];
    for (const [type, content, replied] of requests) {
      const id = kernel.send("shell", type, content);
      if (replied) assert.equal((await kernel.answer(id)).msg_type, type.replace("_request", "_reply"));
      else await kernel.idle(id);
      assert.deepEqual(kernel.messagesOf(id).filter((message) => message.type === "status")
        .map((message) => message.content.execution_state), ["busy", "idle"], type);
    }
  });

  it("announces a cell's input with its count, then counts on", async () => {
    const first = await kernel.execute("1");
    const second = await kernel.execute("2");
    const input = second.messages.find(({ type }) => type === "execute_input");
    assert.deepEqual(input?.content, { code: "2", execution_count: second.reply.execution_count });
    assert.equal(second.reply.execution_count, first.reply.execution_count + 1);
    assert.deepEqual(second.messages.map(({ type, content }) => content.execution_state ?? type),
      ["busy", "execute_input", "execute_result", "idle"]);
    assert.deepEqual([second.reply.user_expressions, second.reply.payload], [{}, []]);
  });

  it("counts and publishes nothing for a silent request", async () => {
    const { reply } = await kernel.execute("1");
    const silent = await kernel.execute('console.log("x");\n5', { silent: true });
    assert.equal(silent.reply.status, "ok");
    assert.deepEqual(silent.messages.map(({ type }) => type), ["status", "status"]);
    const unstored = await kernel.execute("5", { store_history: false });
    assert.equal(unstored.result, "5");
    assert.equal(unstored.reply.execution_count, reply.execution_count);
  });

  it("runs empty cells and comments", async () => {
    for (const code of ["", "  \n", "// nothing", "/* nothing */", ";"]) {
      const cell = await kernel.execute(code);
      assert.equal(cell.reply.status, "ok");
      assert.deepEqual(cell.outputs, []);
    }
  });

  it("aborts what was sent before an error was known, and runs what was sent after", async () => {
    const ids = ['throw new Error("stop here");', "1", "2", "3"].map((code) => kernel.submit(code));
    const cells = await Promise.all(ids.map((id) => kernel.executed(id)));
    assert.deepEqual(cells.map(({ reply }) => reply.status), ["error", "aborted", "aborted", "aborted"]);
    assert.deepEqual(cells.slice(1).flatMap(({ outputs }) => outputs), []);
    assert.equal((await kernel.execute("4")).result, "4");
  });

  it("aborts nothing where stop_on_error is false", async () => {
    const ids = ['throw new Error("go on");', "1", "2"].map((code) => kernel.submit(code, { stop_on_error: false }));
    const cells = await Promise.all(ids.map((id) => kernel.executed(id)));
    assert.deepEqual(cells.map(({ reply }) => reply.status), ["error", "ok", "ok"]);
    assert.deepEqual(cells.map(({ result }) => result), [undefined, "1", "2"]);
  });

  it("never skips a cell that a client sends as soon as it hears of the error", async () => {
    for (let i = 0; i < 20; i++) {
      failure(await kernel.execute('throw new Error("once more");'));
      assert.equal((await kernel.execute(`${i}`)).result, String(i));
    }
  });

  it("runs cells one after the other, in the order of sending", async () => {
    const ids = [30, 1, 10].map((ms, i) =>
      kernel.submit(`await new Promise((done) => setTimeout(done, ${ms}));\n${i}`));
    await Promise.all(ids.map((id) => kernel.executed(id)));
    const order = kernel.published.filter(({ type, parent }) => type === "execute_result" && ids.includes(parent.msg_id ?? ""));
    assert.deepEqual(order.map(({ content }) => content.data["text/plain"]), ["0", "1", "2"]);
  });

  it("answers a completion in the middle of a cell, and stays marked as busy", async () => {
    const id = kernel.submit('console.log("begun");\nawait new Promise((done) => setTimeout(done, 300));');
    await kernel.publication(id, ({ type }) => type === "stream");
    const reply = await kernel.request("complete_request", { code: "conso", cursor_pos: 5 });
    assert.deepEqual(reply.matches, ["console"]);
    await kernel.until(() => kernel.published.at(-1)?.content.execution_state === "busy", "busy again");
    assert.equal((await kernel.executed(id)).reply.status, "ok");
  });

  it("completes names and members, counting code points", async () => {
    await kernel.execute("/** Adds up. */\nfunction addUp(first: number, second = 0): number { return first + second; }\nconst holder = { alpha: 1, beta: 2 };");
    const names = await kernel.request("complete_request", { code: "addU", cursor_pos: 4 });
    assert.deepEqual([names.status, names.matches, names.cursor_start, names.cursor_end], ["ok", ["addUp"], 0, 4]);
    const code = 'const face = "😀"; holder.al';
    const length = Array.from(code).length;
    const members = await kernel.request("complete_request", { code, cursor_pos: length });
    assert.deepEqual([members.matches, members.cursor_start, members.cursor_end], [["alpha"], length - 2, length]);
    const all = await kernel.request("complete_request", { code: "holder.", cursor_pos: 7 });
    assert.deepEqual(all.matches.slice(0, 2), ["alpha", "beta"]);
  });

  it("inspects a name, or the call that the cursor is in, with signature and doc comment", async () => {
    await kernel.execute("/** Adds down. */\nfunction addDown(first: number): number { return -first; }");
    for (const [code, at] of [["addDown", 3], ["addDown(1, [2, 3", 15], ["addDown(", 8]] as const) {
      const reply = await kernel.request("inspect_request", { code, cursor_pos: at, detail_level: 0 });
      assert.equal(reply.found, true, code);
      assert.match(reply.data["text/plain"], /function addDown\(first: number\): number[^]*Adds down\./);
    }
    assert.equal((await kernel.request("inspect_request", { code: "   ", cursor_pos: 1 })).found, false);
    assert.equal((await kernel.request("inspect_request", { code: "", cursor_pos: 0 })).found, false);
  });

  it("says whether code is complete", async () => {
    assert.deepEqual((await kernel.request("is_complete_request", { code: "const a = 1;" })).status, "complete");
    const open = await kernel.request("is_complete_request", { code: "function f() {" });
    assert.deepEqual([open.status, open.indent], ["incomplete", "  "]);
  });

  it("refuses to open a comm", async () => {
    const id = kernel.send("shell", "comm_open", { comm_id: "abc", target_name: "none", data: {} });
    const closed = await kernel.publication(id, ({ type }) => type === "comm_close");
    assert.equal(closed.content.comm_id, "abc");
  });

  it("ignores a message with a wrong signature", async () => {
    const forged = kernel.send("shell", "execute_request", { code: "globalThis.forged = 1" }, "wrong key");
    assert.equal((await kernel.execute('"forged" in globalThis')).result, "false");
    assert.deepEqual(kernel.messagesOf(forged), []);
  });

  it("answers heartbeats, even while a cell keeps the thread busy", async () => {
    assert.equal(await kernel.beat("ping"), "ping");
    const id = kernel.submit('console.log("x".repeat(2_000_000));\nconst stop = Date.now() + 600;\nwhile (Date.now() < stop) {}');
    await kernel.publication(id, ({ type }) => type === "stream");
    assert.equal(await kernel.beat("pong"), "pong");
    assert.ok(!kernel.messagesOf(id).some(({ content }) => content.execution_state === "idle"), "the cell still runs");
    await kernel.executed(id);
  });
});
