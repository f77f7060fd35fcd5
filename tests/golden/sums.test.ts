// Sums over any dims against PyTorch's on one thread, bit for bit.
import assert from "node:assert/strict";
import { sumDims } from "../../kernel-lib/dist/engines/host/sum.js";
import { type GoldenNumber, type GoldenTensor, fnv, load, ramp, sameBits, toArray } from "./golden";

interface Ordered {
  dtype: "float32" | "float64";
  shape: number[];
  seed: number;
  dims: number[];
  n: number;
  values?: GoldenNumber[];
  head?: GoldenNumber[];
  fnv?: number;
}

const golden = load<{
  ordered: Ordered[];
  special: { input: GoldenTensor; dims: number[]; sum: GoldenTensor }[];
}>("sums");

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

describe("golden: the order of sums", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const rank of [1, 2, 3, 4]) {
      const cases = golden.ordered.filter((c) => c.dtype === dtype && c.shape.length === rank);
      it(`${dtype}, ${rank}-d: ${cases.length} sums`, () => {
        assert.ok(cases.length > 0);
        for (const { shape, seed, dims, n, values, head, fnv: hash } of cases) {
          const where = `sum([${dims}]) of [${shape}]`;
          const data = ramp(size(shape), seed, dtype);
          const sums = sumDims(data, dtype, shape, dims);
          assert.equal(sums.length, n, where);
          const first = toArray(values ?? head!, dtype);
          assert.ok(
            sameBits(sums.slice(0, first.length), first),
            `${where}: ${[...sums.slice(0, 6)]}, PyTorch ${[...first]}`,
          );
          if (hash !== undefined) assert.equal(fnv(sums, dtype), hash, `${where}: all values`);
        }
      });
    }
  }
});

describe("golden: special sums", () => {
  for (const { input, dims, sum } of golden.special) {
    it(`${input.dtype} ${JSON.stringify(input.shape)} [${input.values.map((x) => (Object.is(x, -0) ? "-0" : x))}] over [${dims}]`, () => {
      const sums = sumDims(toArray(input.values, input.dtype), input.dtype, input.shape, dims);
      assert.ok(sameBits(sums, toArray(sum.values, sum.dtype)), `${[...sums]}, PyTorch ${sum.values}`);
    });
  }
});
