// The generator and its draws beyond the golden files: seeds, states, arguments, distributions.
import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultGenerator, Generator, manualSeed } from "../../kernel-lib/dist/generator.js";
import * as random from "../../kernel-lib/dist/random.js";

describe("Generator", () => {
  it("is mt19937", () => {
    // The 10000th output from seed 5489, which the C++ standard fixes.
    const gen = new Generator().manualSeed(5489);
    for (let i = 1; i < 10000; i++) gen.random();
    assert.equal(gen.random(), 4123659995);
  });

  it("chooses the stream by the low 32 bits of the seed", () => {
    const first = (seed: number | bigint): number => new Generator().manualSeed(seed).random();
    assert.equal(first(2n ** 40n + 3n), first(3));
    assert.equal(first(-1), first(2 ** 32 - 1));
    assert.notEqual(first(0), first(1));
  });

  it("gives back its seed: a number where that is exact, else a bigint", () => {
    assert.equal(new Generator().manualSeed(7).initialSeed(), 7);
    assert.equal(new Generator().manualSeed(7n).initialSeed(), 7);
    assert.equal(new Generator().manualSeed(-1).initialSeed(), 2n ** 64n - 1n);
    assert.equal(new Generator().manualSeed(-(2n ** 63n)).initialSeed(), 2n ** 63n);
  });

  it("refuses seeds that are not integers, do not fit, or are not exact", () => {
    const seeding = (seed: unknown) => () => new Generator().manualSeed(seed as number);
    assert.throws(seeding(1.5), { name: "TypeError", message: /must be an integer, got 1\.5/ });
    assert.throws(seeding(NaN), { name: "TypeError", message: /got NaN/ });
    assert.throws(seeding("7"), { name: "TypeError", message: /got string/ });
    assert.throws(seeding(undefined), { name: "TypeError", message: /got undefined/ });
    assert.throws(seeding(2 ** 53), {
      name: "RangeError",
      message: /9007199254740992 exactly; pass a bigint/,
    });
    assert.throws(seeding(2n ** 64n), { name: "RangeError", message: /got 18446744073709551616/ });
    assert.throws(seeding(-(2n ** 63n) - 1n), { name: "RangeError", message: /-2\*\*63 to 2\*\*64 - 1/ });
  });

  it("keeps its stream when a seed is refused", () => {
    const gen = new Generator().manualSeed(4);
    const expected = new Generator().manualSeed(4).random();
    assert.throws(() => gen.manualSeed(0.5));
    assert.equal(gen.random(), expected);
  });

  it("draws 64 bits as two outputs, the high word first", () => {
    const [a, b] = [new Generator().manualSeed(11), new Generator().manualSeed(11)];
    const [high, low] = [BigInt(a.random()), BigInt(a.random())];
    assert.equal(b.random64(), (high << 32n) | low);
    const [c, d] = [new Generator().manualSeed(12), new Generator().manualSeed(12)];
    assert.equal(c.nextInt63(), d.random64() & (2n ** 63n - 1n));
  });

  it("seeds itself from the system", () => {
    const gen = new Generator();
    const seeds = new Set([gen.seed(), gen.seed(), gen.seed()]);
    assert.equal(seeds.size, 3);
    const last = gen.seed();
    assert.equal(BigInt(gen.initialSeed()), last);
  });

  it("continues from a state, with the normal that was kept", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
        fc.nat(1500),
        fc.nat(3),
        (seed, skip, normals) => {
          const a = new Generator().manualSeed(seed);
          for (let i = 0; i < skip; i++) a.random();
          random.normal(normals, "float32", a);
          const b = new Generator().setState(a.getState());
          assert.equal(b.initialSeed(), a.initialSeed());
          assert.deepEqual(b.getState(), a.getState());
          assert.deepEqual(random.normal(3, "float64", b), random.normal(3, "float64", a));
          assert.deepEqual(random.uniform(700, "float32", b), random.uniform(700, "float32", a));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("reads a state that stands anywhere in a buffer", () => {
    const a = new Generator().manualSeed(3);
    const buffer = new Uint8Array(5059);
    buffer.set(a.getState(), 3);
    assert.equal(new Generator().setState(buffer.subarray(3)).random(), a.random());
  });

  it("refuses what is no state", () => {
    const gen = new Generator();
    assert.throws(
      () => gen.setState(new Uint8Array(10)),
      /RNG state is wrong size: expected 5056 bytes, got 10/,
    );
    assert.throws(() => gen.setState(new Uint8Array(5056)), /Invalid mt19937 state/);
    assert.throws(() => gen.setState([1, 2] as unknown as Uint8Array), /RNG state must be a Uint8Array/);
  });

  it("drops the kept normal when it is seeded", () => {
    const gen = new Generator().manualSeed(1);
    random.normal(1, "float32", gen);
    gen.manualSeed(2);
    assert.deepEqual(
      random.normal(2, "float64", gen),
      random.normal(2, "float64", new Generator().manualSeed(2)),
    );
  });
});

describe("the default generator", () => {
  it("is what draws use where none is named, and what manualSeed seeds", () => {
    assert.equal(manualSeed(5), defaultGenerator);
    const draws = [
      random.uniform(2, "float32"),
      random.normal(2, "float64"),
      random.randint(0, 9, 3),
      random.randperm(4),
    ];
    const gen = new Generator().manualSeed(5);
    assert.deepEqual(draws, [
      random.uniform(2, "float32", gen),
      random.normal(2, "float64", gen),
      random.randint(0, 9, 3, gen),
      random.randperm(4, gen),
    ]);
  });
});

describe("draws", () => {
  const generators = fc.integer().map((seed) => new Generator().manualSeed(seed));

  it("uniform: every value lies in [0, 1)", () => {
    fc.assert(
      fc.property(generators, fc.constantFrom("float32" as const, "float64" as const), (gen, dtype) => {
        assert.ok(random.uniform(500, dtype, gen).every((x) => x >= 0 && x < 1));
      }),
    );
  });

  it("randint: integers in [low, high), for ranges of any size", () => {
    const bound = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.maxSafeInteger());
    fc.assert(
      fc.property(generators, bound, bound, (gen, a, b) => {
        fc.pre(a !== b);
        const [low, high] = a < b ? [a, b] : [b, a];
        const draws = random.randint(low, high, 50, gen);
        assert.ok(draws.every((x) => Number.isSafeInteger(x) && x >= low && x < high));
      }),
    );
  });

  it("randint: 64 bits modulo the range, whichever way it is computed", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2 ** 28, max: 2 ** 39 }), (seed, range) => {
        const gen = new Generator().manualSeed(seed);
        const expected = Array.from({ length: 5 }, () => Number(gen.random64() % BigInt(range)));
        assert.deepEqual([...random.randint(0, range, 5, new Generator().manualSeed(seed))], expected);
      }),
    );
  });

  it("randint: refuses bounds that are no exact integers, and empty ranges", () => {
    assert.throws(() => random.randint(0, 2.5, 1), /must be integers within .* high=2\.5/);
    assert.throws(() => random.randint(0, 2 ** 53, 1), /high=9007199254740992/);
    assert.throws(() => random.randint(3, 2, 1), /got from=3 >= to=2/);
  });

  it("randperm: a permutation", () => {
    fc.assert(
      fc.property(generators, fc.nat(200), (gen, n) => {
        const sorted = random.randperm(n, gen).sort();
        assert.deepEqual(
          [...sorted],
          Array.from({ length: n }, (_, i) => i),
        );
      }),
    );
  });

  it("normal: mean and standard deviation of many draws", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const x = Float64Array.from(random.normal(100000, dtype, new Generator().manualSeed(1), 3, 2));
      const mean = x.reduce((a, b) => a + b, 0) / x.length;
      const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
      // Four standard errors.
      assert.ok(Math.abs(mean - 3) < 4 * (2 / Math.sqrt(x.length)), `${dtype}: mean ${mean}`);
      assert.ok(
        Math.abs(Math.sqrt(variance) - 2) < 4 * (2 / Math.sqrt(2 * x.length)),
        `${dtype}: variance ${variance}`,
      );
    }
  });

  it("normal: refuses a negative or missing standard deviation", () => {
    assert.throws(() => random.normal(3, "float32", undefined, 0, -1), /std >= 0\.0, but found std -1/);
    assert.throws(() => random.normal(3, "float32", undefined, 0, NaN), /found std NaN/);
  });
});
