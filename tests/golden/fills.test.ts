// linspace and arange against PyTorch's, bit for bit.
import assert from "node:assert/strict";
import { arange, linspace } from "../../kernel-lib/dist/fill.js";
import { type GoldenNumber, fnv, load, sameBits, toArray } from "./golden";

interface Case {
  args: [number, number, number];
  dtype: "float32" | "float64" | "int64";
  n: number;
  values?: GoldenNumber[];
  head?: GoldenNumber[];
  tail?: GoldenNumber[];
  fnv?: number;
  error?: string;
}

const golden = load<{ linspace: Case[]; arange: Case[] }>("fills");

for (const [name, fill] of Object.entries({ linspace, arange })) {
  describe(`golden: ${name}`, () => {
    for (const { args, dtype, ...expected } of golden[name as "linspace" | "arange"]) {
      it(`${name}(${args.join(", ")}) ${dtype}`, () => {
        if (expected.error !== undefined) {
          assert.throws(() => fill(...args, dtype), { message: expected.error });
          return;
        }
        const filled = fill(...args, dtype);
        assert.equal(filled.length, expected.n);
        if (expected.values !== undefined) {
          assert.ok(
            sameBits(filled, toArray(expected.values, dtype)),
            `${[...filled]}, PyTorch ${expected.values}`,
          );
          return;
        }
        assert.deepEqual([...filled.slice(0, 3)], [...toArray(expected.head!, dtype)]);
        assert.deepEqual([...filled.slice(-3)], [...toArray(expected.tail!, dtype)]);
        assert.equal(fnv(filled, dtype), expected.fnv);
      });
    }
  });
}
