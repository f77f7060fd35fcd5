// Which engine computes: by name, by the environment, by itself; what is said where one is not there; what is loaded.
// Each case in a process of its own, which has loaded nothing yet.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { copyWithout, evaluate, linesOf, runScript, type Settings, type Without } from "./child";

/** Whether TensorFlow can be loaded on this machine; says why where it cannot. */
function hasTensorFlow(): boolean {
  const before = pt.engineInfo().choice;
  try {
    pt.setEngine("tensorflow");
    return true;
  } catch (error) {
    console.log(`      skipped: ${(error as Error).message}`);
    return false;
  } finally {
    pt.setEngine(before);
  }
}

const LARGE = "pt.ones(200, 200).matmul(pt.ones(200, 200)).add(1)";
const LOADED = `
  const files = Object.keys(require.cache);
  const has = (part) => files.some((file) => file.includes(part));
  const loaded = { tfjs: has("tfjs-core"), node: has("tfjs-node"), wasm: has("tfjs-backend-wasm"), binding: has(".node") && has("tfjs_binding") };`;
const tell = (what: string): string => `console.log(JSON.stringify(${what}));`;

interface Loaded {
  tfjs: boolean;
  node: boolean;
  wasm: boolean;
  binding: boolean;
}

const nothing: Loaded = { tfjs: false, node: false, wasm: false, binding: false };

describe("choosing an engine", function () {
  this.timeout(60_000);

  it("refuses a name that is none, and lists those that are", async () => {
    const names = /there is no engine "cuda"; choose one of "auto", "host", "tensorflow", "wasm"/;
    assert.throws(() => pt.setEngine("cuda" as pt.EngineName), (error: Error) => error instanceof TypeError && names.test(error.message));
    assert.throws(() => pt.setEngine(undefined as unknown as pt.EngineName), TypeError);
    const { code, stderr } = await runScript("", { env: { TORCHLAB_ENGINE: "cuda" } });
    assert.equal(code, 1);
    assert.match(stderr, /TypeError: TORCHLAB_ENGINE: there is no engine "cuda"/);
  });

  it("loads nothing for the host, however large the work", async () => {
    for (const settings of [{ env: { TORCHLAB_ENGINE: "host" } }, {}]) {
      const script = `${settings.env ? "" : 'pt.setEngine("host");'} ${LARGE}; pt.memory(); pt.setMemoryBudget(1e6);
        ${LOADED} ${tell("[loaded, pt.engineInfo().engine]")}`;
      assert.deepEqual(await evaluate(script, settings), [nothing, "host"]);
    }
  });

  it("loads nothing for small work, nor for asking", async () => {
    const script = `
      const w = pt.zeros(1, { requiresGrad: true });
      const X = pt.linspace(-5, 5, 1000);
      X.mul(w).sub(X).pow(2).mean().backward();
      String(w.grad); pt.memory(); pt.setMemoryBudget(1e6);
      ${LOADED} ${tell("[loaded, pt.engineInfo().engine, pt.engineInfo().choice]")}`;
    assert.deepEqual(await evaluate(script), [nothing, "host", "auto"]);
  });

  it("loads TensorFlow for the first large operation, and only that", async function () {
    if (!hasTensorFlow()) this.skip();
    const script = `${LARGE}; ${LOADED} ${tell("[loaded, pt.engineInfo().engine, pt.engineInfo().choice]")}`;
    assert.deepEqual(await evaluate(script), [{ tfjs: true, node: true, wasm: false, binding: true }, "tensorflow", "auto"]);
  });

  it("takes the engine that TORCHLAB_ENGINE names, at the first operation", async () => {
    const script = `const before = pt.engineInfo().engine; pt.ones(2).add(1); ${tell("[before, pt.engineInfo().engine]")}`;
    assert.deepEqual(await evaluate(script, { env: { TORCHLAB_ENGINE: "wasm" } }), ["host", "wasm"]);
  });

  it("leaves the process's own handlers of errors as they are", async () => {
    const count = '["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event))';
    const script = `process.on("uncaughtException", () => {}); const before = ${count};
      pt.setEngine("wasm"); ${LARGE}; ${tell(`[before, ${count}]`)}`;
    const [before, after] = await evaluate<number[][]>(script);
    assert.deepEqual(before, [1, 0]);
    assert.deepEqual(after, before);
  });

  it("is not disturbed by a program that uses tfjs itself, with another backend", async () => {
    const script = `
      pt.setEngine("wasm");
      const x = pt.ones(3).add(1);
      const tf = require(require.resolve("@tensorflow/tfjs-core", { paths: [require.resolve(${JSON.stringify(require.resolve("torchlab"))})] }));
      require(require.resolve("@tensorflow/tfjs-backend-cpu", { paths: [require.resolve(${JSON.stringify(require.resolve("torchlab"))})] }));
      const tell = async () => {
        await tf.setBackend("cpu");
        const theirs = tf.tensor1d([1, 2]);
        const ours = x.expand(2, 3).add(x).sum(0).toArray();
        await tf.setBackend("cpu");
        const again = Array.from(tf.add(theirs, theirs).dataSync());
        ${tell("[ours, again, pt.engineInfo().fallbacks]")}
      };
      tell();`;
    assert.deepEqual(await evaluate(script), [[8, 8, 8], [2, 4], {}]);
  });
});

describe("an engine that is not there", function () {
  this.timeout(60_000);
  const kept: { remove(): void }[] = [];
  const without = (...parts: Without[]): Settings => {
    const copy = copyWithout(...parts);
    kept.push(copy);
    return { library: copy.library };
  };
  after(() => kept.forEach((copy) => copy.remove()));

  const REFUSED = `let error; try { pt.setEngine("tensorflow"); } catch (thrown) { error = thrown; }
    ${tell("[error.name, error.message, pt.engineInfo().choice, pt.ones(2).add(1).toArray()]")}`;

  for (const part of ["tensorflow", "tensorflowAddon", "brokenTensorflowAddon"] as const) {
    it(`is an error that says how to get it, and changes nothing (${part})`, async () => {
      const [name, message, choice, sum] = await evaluate<[string, string, string, number[]]>(REFUSED, without(part));
      assert.equal(name, "BackendUnavailableError");
      assert.match(message, /^the tensorflow engine cannot be loaded: .+ The project's set-up \(npm start\) obtains TensorFlow/);
      assert.ok(!message.includes("\n"));
      assert.deepEqual([choice, sum], ["auto", [2, 2]]);
    });
  }

  it("is an error at the first operation where TORCHLAB_ENGINE names it", async () => {
    const settings = { ...without("tensorflowAddon"), env: { TORCHLAB_ENGINE: "tensorflow" } };
    const { code, stderr } = await runScript("pt.ones(2).add(1);", settings);
    assert.equal(code, 1);
    assert.match(stderr, /BackendUnavailableError: the tensorflow engine cannot be loaded/);
  });

  it("is replaced by WebAssembly, with one line on stderr however often and whatever is computed then", async () => {
    const script = `${LARGE}; ${LARGE}; pt.setEngine("host"); pt.setEngine("auto");
      const x = ${LARGE}; ${tell("[pt.engineInfo().engine, pt.engineInfo().missing, x.at(0, 0).item()]")}`;
    for (const part of ["tensorflowAddon", "brokenTensorflowAddon"] as const) {
      const { code, stdout, stderr } = await runScript(script, without(part));
      assert.equal(code, 0, stderr);
      const [engine, missing, value] = JSON.parse(stdout) as [string, string, number];
      assert.deepEqual([engine, value], ["wasm", 201]);
      assert.match(missing, /the tensorflow engine cannot be loaded/);
      const lines = linesOf(stderr);
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0], /^torchlab: the tensorflow engine cannot be loaded: .+ Until then WebAssembly computes what is large\.$/);
    }
  });

  it("is replaced by the host where there is none at all", async () => {
    const { code, stdout, stderr } = await runScript(`const x = ${LARGE}; ${tell("[pt.engineInfo().engine, x.at(0, 0).item()]")}`, without("tensorflow", "wasm"));
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), ["host", 201]);
    assert.equal(linesOf(stderr).length, 1, stderr);
    assert.match(stderr, /Until then JavaScript computes what is large/);
  });
});
