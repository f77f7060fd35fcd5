// linspace and arange beyond the golden files: what they refuse.
import assert from "node:assert/strict";
import { arange, linspace } from "../../kernel-lib/dist/fill.js";

describe("arange", () => {
  it("refuses integers that are not exact", () => {
    assert.throws(() => arange(2 ** 53 - 3, 2 ** 53 + 4, 1, "int64"), /int64: 9007199254740\d+ cannot be held exactly/);
    assert.deepEqual([...arange(2 ** 53 - 3, 2 ** 53, 1, "int64")], [2 ** 53 - 3, 2 ** 53 - 2, 2 ** 53 - 1]);
  });

  it("has no negative zero among integers", () => {
    assert.deepEqual([...arange(-0.5, 2, 1, "int64")], [0, 1]);
    assert.deepEqual([...linspace(-0.5, 2, 3, "int64")], [0, 1, 2]);
  });

  it("refuses a step that is 0 as an integer, where PyTorch ends the process", () => {
    assert.throws(() => arange(0, 5, 0.5, "int64"), /step must be nonzero/);
  });

  it("refuses bounds that are not finite, and bool", () => {
    assert.throws(() => arange(0, Infinity, 1, "float32"), /unsupported range: 0 -> Infinity/);
    assert.throws(() => arange(NaN, 1, 1, "float64"), /unsupported range: NaN -> 1/);
    assert.throws(() => arange(0, 1, 1, "bool"), { name: "TypeError", message: /not implemented for bool/ });
  });
});

describe("linspace", () => {
  it("refuses a number of steps that is none", () => {
    assert.throws(() => linspace(0, 1, -1, "float32"), /number of steps must be non-negative/);
    assert.throws(() => linspace(0, 1, 2.5, "float32"), /number of steps must be a non-negative integer, got 2\.5/);
    assert.throws(() => linspace(0, 1, 2, "bool"), { name: "TypeError", message: /not implemented for bool/ });
  });

  it("ends exactly where it should", () => {
    for (const n of [2, 3, 10, 101]) {
      assert.equal(linspace(0.1, 0.7, n, "float64").at(-1), 0.7);
      assert.equal(linspace(0.1, 0.7, n, "float32").at(-1), Math.fround(0.7));
    }
  });
});
