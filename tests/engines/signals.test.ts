// Signals in the middle of TensorFlow's matrix products, some of which use the stack pointer for something else: the
// addon keeps signals out of them. In a process of its own, which otherwise ends within tens of signals.
import assert from "node:assert/strict";
import { evaluate, runScript } from "./child";

const SIGNALS = 400;

/** Multiplies until it has been told to stop, and says how often it was interrupted. */
const SCRIPT = `
  let interrupts = 0, products = 0, right = true;
  process.on("SIGINT", () => interrupts++);
  pt.setEngine("tensorflow");
  const x = pt.ones(256, 256);
  const round = () => {
    for (let i = 0; i < 20; i++) { right &&= x.matmul(x).at(255, 255).item() === 256; products++; }
    console.log(interrupts);
    if (interrupts < ${SIGNALS}) setImmediate(round);
    else { console.log(JSON.stringify([right, products > 0])); process.exit(0); }
  };
  round();`;

describe("signals", function () {
  this.timeout(60_000);

  before(async function () {
    if (process.platform === "win32") this.skip();
    const why = await evaluate<string | null>(`
      try { pt.setEngine("tensorflow"); console.log("null"); } catch (error) { console.log(JSON.stringify(error.message)); }`);
    if (why === null) return;
    console.log(`      skipped: ${why}`);
    this.skip();
  });

  it("do not get into TensorFlow's products", async () => {
    let storm: NodeJS.Timeout | undefined;
    const { code, signal, stdout, stderr } = await runScript(SCRIPT, {
      // The products in question are those for AVX2, also on processors that could do more.
      env: { ONEDNN_MAX_CPU_ISA: "AVX2" },
      onOutput(kill, text) {
        // Not before it has said that it handles them.
        if (/^\d/m.test(text)) storm ??= setInterval(() => kill("SIGINT"), 1);
      },
    });
    clearInterval(storm);
    assert.deepEqual([code, signal], [0, null], stderr);
    assert.equal(stdout.trim().split("\n").at(-1), "[true,true]");
  });
});
