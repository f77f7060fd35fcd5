// Datasets, samplers and loaders: what is visited, what a batch is, streams, and data that fails.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";

const { DataLoader, TensorDataset } = pt.data;

describe("TensorDataset", () => {
  const y = pt.tensor([2.5, 4.5]);
  const X = pt.tensor([
    [1, 2],
    [3, 4],
  ]);

  it("gives row i of each tensor, shown as a tuple", () => {
    const ds = new TensorDataset(y, X);
    const [first, second] = ds.at(1);
    assert.deepEqual([first.item(), second.toArray()], [4.5, [3, 4]]);
    assert.equal(String(ds.at(0)), "(tensor(2.5000), tensor([1, 2]))");
    assert.equal(String(new TensorDataset(y).at(-1)), "(tensor(4.5000),)");
    assert.equal(ds.length, 2);
  });

  it("refuses tensors of different lengths", () => {
    assert.throws(() => new TensorDataset(y, pt.zeros(3)), /Size mismatch between tensors: \[2\], \[3\]/);
    assert.throws(() => new TensorDataset(), /expected at least one tensor/);
    assert.throws(() => new TensorDataset(pt.tensor(1)), /a 0-dim tensor has no rows/);
    assert.throws(() => new TensorDataset(y).at(2), /index 2 is out of bounds for dimension 0 with size 2/);
  });
});

describe("DataLoader", () => {
  it("visits every sample once an epoch, in batches of the size asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        fc.boolean(),
        (n, batchSize, shuffle, dropLast) => {
          const loader = new DataLoader(
            Array.from({ length: n }, (_, i) => i),
            { batchSize, shuffle, dropLast },
          );
          const batches = [...loader].map((batch) => batch.toArray());
          assert.equal(batches.length, loader.length);
          const visited = batches.flat();
          assert.equal(new Set(visited).size, visited.length);
          assert.equal(visited.length, dropLast ? n - (n % batchSize) : n);
          if (!shuffle)
            assert.deepEqual(
              visited,
              visited.map((_, i) => i),
            );
        },
      ),
    );
  });

  it("shuffles anew each epoch", () => {
    pt.manualSeed(1);
    const loader = new DataLoader(pt.arange(50), { batchSize: 50, shuffle: true });
    const [[first], [second]] = [[...loader], [...loader]];
    assert.notDeepEqual(first.toArray(), second.toArray());
  });

  it("batches of 33 over 100 points are 33, 33, 33 and 1", () => {
    const ds = new TensorDataset(pt.zeros(100), pt.zeros(100, 2));
    const sizes = (options: { dropLast?: boolean }): number[] =>
      [...new DataLoader(ds, { batchSize: 33, ...options })].map(([y]) => y.length);
    assert.deepEqual(sizes({}), [33, 33, 33, 1]);
    assert.deepEqual(sizes({ dropLast: true }), [33, 33, 33]);
  });

  it("takes arrays, typed arrays, tensors and anything with length and at", () => {
    const squares = { length: 3, at: (i: number) => ({ x: i, y: [i * i, `#${i}`] as const }) };
    const [batch] = new DataLoader(squares, { batchSize: 3 });
    assert.deepEqual(batch.x.toArray(), [0, 1, 2]);
    assert.deepEqual(batch.y[0].toArray(), [0, 1, 4]);
    assert.deepEqual(batch.y[1], ["#0", "#1", "#2"]);
    assert.deepEqual([...new DataLoader(Float32Array.of(1.5, 2))].map(String), [
      "tensor([1.5000])",
      "tensor([2.])",
    ]);
  });

  it("gives every batch of numbers the type that all of them together have", () => {
    const typesOf = (numbers: ArrayLike<number> & { at(i: number): number | undefined }): string[] =>
      [...new DataLoader(numbers, { batchSize: 2 })].map(({ dtype }) => dtype);
    assert.deepEqual(typesOf([0.5, 1, 2, 3]), ["float64", "float64"]);
    assert.deepEqual(typesOf([1, 2, 3, 4]), ["int64", "int64"]);
    assert.deepEqual(typesOf(Float32Array.of(1, 2, 3)), ["float32", "float32"]);
    assert.deepEqual(typesOf(Int32Array.of(1, 2)), ["int64"]);
  });

  it("reads a TensorDataset row by row or in one go alike, and minds what a subclass does", () => {
    const ds = new TensorDataset(pt.rand(10, 3), pt.arange(10));
    const whole = [...new DataLoader(ds, { batchSize: 4 })].map((batch) => batch.map(String));
    const single = [...new DataLoader(Array.from({ length: 10 }, (_, i) => ds.at(i)), { batchSize: 4 })];
    assert.deepEqual(whole, single.map((batch) => batch.map(String)));
    class Doubled extends TensorDataset<[pt.Tensor]> {
      override at(index: number): [pt.Tensor] {
        return [super.at(index)[0].mul(2)];
      }
    }
    const [[batch]] = new DataLoader(new Doubled(pt.tensor([1, 2])), { batchSize: 2 });
    assert.deepEqual(batch.toArray(), [2, 4]);
  });

  it("collates as asked", () => {
    const loader = new DataLoader(["a", "b", "c"], { batchSize: 2, collate: (samples) => samples.join("+") });
    assert.deepEqual([...loader], ["a+b", "c"]);
  });

  it("goes through streams, each time anew", async () => {
    const stream = {
      *[Symbol.iterator]() {
        yield* [1.5, 2.5, 3.5];
      },
    };
    const loader = new DataLoader(stream, { batchSize: 2 });
    for (let epoch = 0; epoch < 2; epoch++)
      assert.deepEqual(
        [...loader].map((batch) => batch.toArray()),
        [[1.5, 2.5], [3.5]],
      );
    assert.throws(() => loader.length, /a stream has no length/);
    const slow = {
      async *[Symbol.asyncIterator]() {
        for (const x of [1, 2, 3]) yield await Promise.resolve(x);
      },
    };
    const batches: number[][] = [];
    for await (const batch of new DataLoader(slow, { batchSize: 2, dropLast: true }))
      batches.push(batch.toArray());
    assert.deepEqual(batches, [[1, 2]]);
    assert.throws(() => [...new DataLoader(slow)], /this stream is asynchronous: use `for await/);
  });

  it("awaits samples that come as promises", async () => {
    const remote = { length: 3, at: async (i: number) => Promise.resolve(i * 10) };
    const batches: number[][] = [];
    for await (const batch of new DataLoader(remote, { batchSize: 2 })) batches.push(batch.toArray());
    assert.deepEqual(batches, [[0, 10], [20]]);
    assert.throws(() => [...new DataLoader(remote)], /the dataset gives promises: use `for await/);
  });

  it("says when a stream is spent, rather than training on nothing", () => {
    function* once() {
      yield* [1, 2];
    }
    const loader = new DataLoader(once());
    assert.equal([...loader].length, 2);
    assert.throws(() => [...loader], /can be gone through only once, and has been/);
  });

  it("names the sample at which a dataset fails, and can be used again", () => {
    let broken = true;
    const flaky = {
      length: 5,
      at(i: number): number {
        if (broken && i === 3) throw new Error("disk on fire");
        return i;
      },
    };
    const loader = new DataLoader(flaky, { batchSize: 2 });
    const seen: number[][] = [];
    assert.throws(
      () => {
        for (const batch of loader) seen.push(batch.toArray());
      },
      (error: Error) => {
        assert.match(error.message, /sample 3 of 5 could not be read: disk on fire/);
        return (error.cause as Error).message === "disk on fire";
      },
    );
    assert.deepEqual(seen, [[0, 1]]);
    broken = false;
    assert.equal([...loader].length, 3);
  });

  it("names the sample that does not come", async () => {
    const remote = { length: 2, at: async (i: number) => (i === 1 ? Promise.reject(new Error("lost")) : Promise.resolve(i)) };
    const read = async (): Promise<void> => {
      for await (const batch of new DataLoader(remote)) void batch;
    };
    await assert.rejects(read, /sample 1 of 2 could not be read: lost/);
  });

  it("stops with an error where the kernel was interrupted", () => {
    const link = Symbol.for("torchlab.kernel");
    const holder = globalThis as unknown as Record<symbol, { interrupted: boolean } | undefined>;
    const before = holder[link];
    holder[link] = { interrupted: false };
    try {
      assert.throws(() => {
        for (const batch of new DataLoader(pt.arange(10)))
          if (batch.item() === 4) holder[link] = { interrupted: true };
      }, /interrupted \(DataLoader: batch 5\)/);
    } finally {
      holder[link] = before;
    }
  });

  const wrong: [string, () => unknown, RegExp][] = [
    [
      "no dataset",
      () => new DataLoader(undefined as unknown as number[]),
      /expected a dataset \(anything with length and at\) or an iterable, got undefined/,
    ],
    [
      "a shuffled stream",
      () => new DataLoader(new Set([1]), { shuffle: true } as object),
      /a stream cannot be shuffled/,
    ],
    [
      "samples of different shapes",
      () => [...new DataLoader([pt.zeros(2), pt.zeros(3)], { batchSize: 2 })],
      /stack expects each tensor to be equal size/,
    ],
    [
      "samples of different kinds",
      () => [...new DataLoader<unknown>([1, "a"], { batchSize: 2 })],
      /the samples of a batch differ: 1 first, "a" at 1/,
    ],
    [
      "rows of different lengths",
      () => [...new DataLoader([[1, 2], [3]], { batchSize: 2 })],
      /should have the same number of items, got 2, 1/,
    ],
    [
      "records with a key missing",
      () => [...new DataLoader<unknown>([{ x: 1 }, {}], { batchSize: 2 })],
      /sample 1 of the batch has no "x"/,
    ],
    [
      "samples of an unknown kind",
      () => [...new DataLoader([new Date(0)])],
      /found a Date; pass a collate function/,
    ],
    [
      "a length that is not true",
      () => [...new DataLoader({ length: 2, at: (i: number) => [5][i] })],
      /sample 1 of 2 could not be read: at gave undefined/,
    ],
  ];
  for (const [what, f, message] of wrong) it(`refuses ${what}`, () => assert.throws(f, message));
});
