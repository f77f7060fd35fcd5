// Operations that are ended in their middle, without `finally`, as a kernel's interrupt ends a cell.
// Imports the built library and Node's built-ins.
import assert from "node:assert/strict";
import { runInThisContext } from "node:vm";
import * as pt from "torchlab";
import { describeOn, elementsOf, engineNames, leakedBy } from "./engines";
import { draw } from "./values";

const global = globalThis as { work?: () => void };
const ROUNDS = 15;

for (const name of engineNames) {
  describeOn(name, "an interrupt", () => {
    it("leaves the engine in order, and little behind", () => {
      const x = draw("finite", [400, 400], 1);
      const y = draw("finite", [400, 400], 2);
      const target = x.clone();
      let times = 0;
      const leaked = leakedBy(() => {
        global.work = () => {
          for (;;) {
            x.lerp(y, 0.3).pow(3);
            target.addcmul_(x, y).zero_();
          }
        };
        try {
          for (let i = 0; i < ROUNDS; i++) {
            assert.throws(() => runInThisContext("work()", { timeout: 20 + i }), /timed out/);
            times++;
          }
        } finally {
          Reflect.deleteProperty(global, "work");
        }
        assert.deepEqual(elementsOf(x.sub(x)), new Float32Array(x.numel()));
      });
      assert.equal(times, ROUNDS);
      // A value that a kernel has returned and nobody has noted yet is lost: one an interrupt, not all that it made.
      assert.ok(leaked <= ROUNDS, `${leaked} values were left on the backend`);
      assert.equal(pt.engineInfo().handles < 10, true);
    });
  });
}
