// Sums beyond the golden files: exact integers, any dims, and how close the floats come to the exact sum.
import assert from "node:assert/strict";
import fc from "fast-check";
import { sumDims } from "../../kernel-lib/dist/engines/host/sum.js";

interface Problem {
  shape: number[];
  dims: number[];
  data: Float64Array;
}

const problems: fc.Arbitrary<Problem> = fc
  .array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      dims: fc.subarray(shape.map((_, d) => d)),
      data: fc.infiniteStream(fc.integer({ min: -1000, max: 1000 })).map((values) => {
        const out = new Float64Array(shape.reduce((a, b) => a * b, 1));
        for (let i = 0; i < out.length; i++) out[i] = values.next().value as number;
        return out;
      }),
    }),
  );

/** The definition: every element is added to the place that its kept indices name. */
function bySteps({ shape, dims, data }: Problem): number[] {
  const kept = shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const out = new Array<number>(kept.reduce((n, d) => n * shape[d], 1)).fill(0);
  for (let i = 0; i < data.length; i++) {
    const index: number[] = [];
    for (let d = shape.length - 1, rest = i; d >= 0; rest = Math.floor(rest / shape[d]), d--)
      index[d] = rest % shape[d];
    out[kept.reduce((at, d) => at * shape[d] + index[d], 0)] += data[i];
  }
  return out;
}

describe("sumDims", () => {
  it("is the sum over the dims: of small integers exactly, in every dtype", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { shape, dims, data } = problem;
        const expected = bySteps(problem);
        assert.deepEqual([...sumDims(data, "int64", shape, dims)], expected);
        assert.deepEqual([...sumDims(data, "float64", shape, dims)], expected);
        const single = sumDims(Float32Array.from(data), "float32", shape, dims);
        assert.ok(single instanceof Float32Array);
        assert.deepEqual([...single], expected);
        const bools = Uint8Array.from(data, (x) => Number(x > 0));
        const counts = bySteps({ shape, dims, data: Float64Array.from(bools) });
        assert.deepEqual([...sumDims(bools, "bool", shape, dims)], counts);
      }),
      { numRuns: 300 },
    );
  });

  it("takes dims in any order", () => {
    const data = Float64Array.from({ length: 24 }, (_, i) => i);
    assert.deepEqual(
      sumDims(data, "float64", [2, 3, 4], [2, 0]),
      sumDims(data, "float64", [2, 3, 4], [0, 2]),
    );
  });

  it("does not touch what it sums, nor sums of before", () => {
    const data = Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i));
    const before = data.slice();
    const first = sumDims(data, "float32", [100, 30], [0]);
    const copy = first.slice();
    sumDims(
      data.map((x) => x + 1),
      "float32",
      [100, 30],
      [0],
    );
    assert.deepEqual(first, copy);
    assert.deepEqual(data, before);
  });

  it("refuses an integer sum that is not exact", () => {
    const data = Float64Array.of(2 ** 53 - 1, 1, 0);
    assert.throws(() => sumDims(data, "int64", [3], [0]), {
      name: "RangeError",
      message: /9007199254740992 is beyond/,
    });
    assert.equal(sumDims(Float64Array.of(2 ** 53 - 2, 1), "int64", [2], [0])[0], 2 ** 53 - 1);
  });
});

describe("float32 sums", () => {
  it("adds a million float32 tenths to 7 digits, where one after another loses 2 of them", () => {
    const tenths = new Float32Array(1e6).fill(0.1);
    const exact = 1e6 * Math.fround(0.1);
    assert.ok(Math.abs(sumDims(tenths, "float32", [1e6], [0])[0] - exact) / exact < 1e-7);
    const oneByOne = tenths.reduce((sum, x) => Math.fround(sum + x), 0);
    assert.ok(Math.abs(oneByOne - exact) / exact > 1e-3);
  });
});
