// The engines in a notebook: what engineInfo shows, and that an interrupt leaves them working. Drives the real kernel.
import assert from "node:assert/strict";
import { KernelClient } from "../kernel/client";

describe("engines in a notebook", function () {
  this.timeout(60_000);
  let kernel: KernelClient;
  before(async () => {
    kernel = await KernelClient.start();
    const { reply } = await kernel.execute('import * as pt from "torchlab";\npt.setEngine("wasm");\nconst x = pt.ones(500, 500);');
    assert.equal(reply.status, "ok");
  });
  after(() => kernel.stop());

  it("engineInfo is a table as a cell's last value", async () => {
    const { outputs } = await kernel.execute("pt.engineInfo()");
    const [{ content }] = outputs.slice(-1);
    assert.match(String(content.data["text/html"]), /^<table><tr><th>engine<\/th><td>wasm<\/td><\/tr>/);
    assert.match(String(content.data["text/plain"]), /^engine +wasm\nversion /);
  });

  it("go on after an interrupt", async () => {
    const id = kernel.submit('import { writeSync } from "node:fs";\nwriteSync(2, "begun\\n");\nfor (;;) x.mul(2).pow(3);');
    await kernel.until(() => kernel.log.includes("begun"), "the cell's beginning");
    kernel.interrupt();
    assert.equal((await kernel.executed(id)).reply.ename, "Interrupted");
    assert.equal((await kernel.execute("x.add(1).sum().item()")).result, "500000");
  });
});
