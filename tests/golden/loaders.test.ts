// The DataLoader against PyTorch: which samples come in which order, and how far each epoch moves the generators.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { load } from "./golden";

interface After {
  rand: number;
  randint: number[];
}

interface Order {
  n: number;
  batchSize: number;
  shuffle: boolean;
  dropLast: boolean;
  globalSeed: number;
  generatorSeed: number | null;
  epochs: (number | null)[];
  length: number;
  batches: number[][][];
  globalAfter: After;
  generatorAfter?: After;
}

interface CollatedCase {
  what: string;
  input?: unknown[];
  text?: string;
  batches?: string[][];
}

const goldens = load<{ orders: Order[]; collated: CollatedCase[]; errors: Record<string, string> }>(
  "loaders",
);

function assertStream(after: After, generator: pt.Generator | undefined, what: string): void {
  assert.equal(pt.rand(1, { generator }).item(), Math.fround(after.rand), `${what}: rand(1) afterwards`);
  assert.deepEqual(
    pt.randint(0, 1000, [3], { generator }).toArray(),
    after.randint,
    `${what}: randint afterwards`,
  );
}

/** A collated batch as Python prints it. */
function pythonText(value: unknown): string {
  if (value instanceof pt.Tensor) return String(value);
  if (typeof value === "string") return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  return `{${Object.entries(value as object)
    .map(([key, item]) => `'${key}': ${pythonText(item)}`)
    .join(", ")}}`;
}

describe("DataLoader as in PyTorch", () => {
  for (const golden of goldens.orders) {
    const { n, batchSize, shuffle, dropLast, globalSeed, generatorSeed, epochs } = golden;
    const name = `${n} in ${batchSize}s${shuffle ? ", shuffled" : ""}${dropLast ? ", dropLast" : ""}, seeds ${globalSeed} ${generatorSeed}, epochs ${epochs.join(" ")}`;
    it(name, () => {
      pt.manualSeed(globalSeed);
      const generator = generatorSeed === null ? undefined : new pt.Generator().manualSeed(generatorSeed);
      const dataset = pt.arange(n);
      const loader = new pt.data.DataLoader(dataset, { batchSize, shuffle, dropLast, generator });
      assert.equal(loader.length, golden.length);
      epochs.forEach((taken, epoch) => {
        const batches: number[][] = [];
        const iterator = loader[Symbol.iterator]();
        while (taken === null || batches.length < taken) {
          const { value, done } = iterator.next() as IteratorResult<pt.Tensor, undefined>;
          if (done) break;
          batches.push(value.toArray());
        }
        assert.deepEqual(batches, golden.batches[epoch], `epoch ${epoch}`);
      });
      assertStream(golden.globalAfter, undefined, "the global generator");
      if (golden.generatorAfter) assertStream(golden.generatorAfter, generator, "the loader's generator");
    });
  }

  it("refuses what PyTorch refuses", () => {
    for (const batchSize of [0, -1, 2.5]) {
      assert.throws(
        () => new pt.data.DataLoader([1, 2], { batchSize }),
        /batchSize should be a positive integer value, but got batchSize=/,
      );
    }
    assert.equal(
      goldens.errors.batchSize0,
      "batch_size should be a positive integer value, but got batch_size=0",
    );
    assert.throws(
      () => new pt.data.DataLoader([] as number[], { shuffle: true }),
      /num_samples should be a positive integer value, but got num_samples=0/,
    );
  });

  for (const { what, input, text, batches } of goldens.collated) {
    it(`collates ${what} ${JSON.stringify(input) ?? ""}`, () => {
      if (input) assert.equal(pythonText(pt.data.collate(input)), text);
      if (!batches) return;
      const x = pt.arange(10, { dtype: "float32" });
      const dataset = new pt.data.TensorDataset(x.mul(2), pt.cat([x.reshape(5, 2), x.reshape(5, 2)]));
      pt.manualSeed(0);
      const loader = new pt.data.DataLoader(dataset, { batchSize: 4, shuffle: true });
      assert.deepEqual(
        [...loader].map((batch) => batch.map(String)),
        batches,
      );
    });
  }
});
