// How a kernel ends: shutdown, its client's death, late errors. Imports client.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanEnvironment, failure, KernelClient, kernelMain, makeConnection, sharedKernel } from "./client";

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("kernel: lifecycle", function () {
  this.timeout(30_000);

  for (const restart of [false, true]) {
    it(`leaves on a shutdown request${restart ? " that announces a restart" : ""}, after answering it`, async () => {
      const kernel = await KernelClient.start();
      try {
        const reply = await kernel.request("shutdown_request", { restart }, "control");
        assert.deepEqual([reply.status, reply.restart], ["ok", restart]);
        assert.equal(await kernel.exitCode, 0);
        assert.equal(kernel.log, "");
      } finally {
        await kernel.stop();
      }
    });
  }

  it("is killed with the process that started it, even in an endless loop", async () => {
    const { file } = await makeConnection();
    // A client that starts the kernel and tells its process id; it never cleans up.
    const client = spawn(process.execPath, ["-e", `
      const kernel = require("node:child_process").spawn(process.execPath, process.argv.slice(1), { stdio: "ignore" });
      console.log(kernel.pid);
      setInterval(() => {}, 1000);`, kernelMain, file], { env: cleanEnvironment(), stdio: ["ignore", "pipe", "inherit"] });
    const pid = Number(await new Promise<string>((done) => client.stdout.once("data", (data: Buffer) => done(String(data)))));
    assert.ok(exists(pid));
    await sleep(1500);
    assert.ok(exists(pid), "the kernel lives while its client lives");
    client.kill("SIGKILL");
    while (exists(pid)) await sleep(50);
  });

  it("is killed with the Jupyter client that named itself, while a cell loops for ever", async () => {
    const client = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const kernel = await KernelClient.start({ env: { JPY_PARENT_PID: String(client.pid) } });
    try {
      const id = kernel.submit('console.log("x".repeat(2_000_000));\nwhile (true) {}');
      await kernel.publication(id, ({ type }) => type === "stream");
      client.kill("SIGKILL");
      await kernel.exitCode;
      assert.equal(kernel.process.signalCode, "SIGKILL");
    } finally {
      await kernel.stop();
    }
  });

  describe("an error that comes after its cell has ended", () => {
    const late = 'setTimeout(() => { throw new Error("too late"); }, 20);\nundefined';

    it("is shown below its cell, and mentioned in the next", async () => {
      const kernel = await sharedKernel();
      const id = kernel.submit(late);
      assert.equal((await kernel.executed(id)).reply.status, "ok");
      const error = await kernel.publication(id, ({ type }) => type === "error");
      assert.equal(error.content.evalue, "too late");
      const next = await kernel.execute("1");
      assert.equal(next.result, "1");
      assert.match(next.stderr, /earlier cell failed .*: Error: too late/);
      assert.equal((await kernel.execute("2")).stderr, "");
      assert.match(kernel.log, /Error: too late/);
    });

    it("is reported when it is a promise or process.exit, once", async () => {
      const kernel = await sharedKernel();
      for (const action of ['void Promise.reject(new Error("gone"))', "process.exit(1)"]) {
        const id = kernel.submit(`setTimeout(() => { ${action}; }, 10);\nundefined`);
        await kernel.executed(id);
        await kernel.publication(id, ({ type }) => type === "error");
        const { stderr } = await kernel.execute("1");
        assert.equal(stderr.match(/gone|ProcessExit/g)?.length, 1, stderr);
      }
    });

    it("fails the next cell, or the process, in strict mode", async () => {
      const kernel = await KernelClient.start({ env: { TORCHLAB_STRICT: "1" } });
      try {
        for (const next of ["const unreached = 1;", ""]) {
          const id = kernel.submit(late);
          await kernel.executed(id);
          await kernel.publication(id, ({ type }) => type === "error");
          assert.match(failure(await kernel.execute(next)).evalue, /too late/);
        }
        const id = kernel.submit(late);
        await kernel.publication(id, ({ type }) => type === "error");
        await kernel.request("shutdown_request", { restart: false }, "control");
        assert.equal(await kernel.exitCode, 1);
      } finally {
        await kernel.stop();
      }
    });
  });
});
