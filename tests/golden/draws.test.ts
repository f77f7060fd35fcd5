// The random draws against PyTorch's: float32 and integers bit for bit, float64 normals to 1e-14.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Generator } from "../../kernel-lib/dist/generator.js";
import * as random from "../../kernel-lib/dist/random.js";
import { type DTypeName, type GoldenNumber, fnv, load, sameBits, toArray } from "./golden";

interface Step {
  call: "rand" | "randn" | "normal" | "uniform" | "randint" | "randperm";
  args: number[];
  dtype?: "float32" | "float64";
  values?: GoldenNumber[];
  head?: GoldenNumber[];
  tail?: GoldenNumber[];
  fnv?: number;
}

interface Draws {
  sequences: { seed: string; steps: Step[]; after: number }[];
  states: { seed: string; steps: Step[]; cached: number; sha256: string; initialSeed: string }[];
  fresh: { initialSeed: string; rand: number[] };
  errors: Record<"randint" | "uniform" | "normal" | "seed" | "randperm", string>;
}

const golden = load<Draws>("draws");

function draw(
  { call, args: [a, b, c], dtype = "float32" }: Step,
  gen: Generator,
): Float32Array | Float64Array {
  switch (call) {
    case "rand":
      return random.uniform(a, dtype, gen);
    case "randn":
      return random.normal(a, dtype, gen);
    case "normal":
      return random.normal(a, dtype, gen, b, c);
    case "uniform":
      return random.uniform(a, dtype, gen, b, c);
    case "randint":
      return random.randint(b, c, a, gen);
    case "randperm":
      return random.randperm(a, gen);
  }
}

function title(steps: readonly Step[]): string {
  const words = steps.map((s) => `${s.call}(${s.args.join(", ")})${s.dtype === "float64" ? " float64" : ""}`);
  return words.length > 3 ? `${words.slice(0, 3).join("; ")}; … (${words.length} draws)` : words.join("; ");
}

describe("golden: draws", () => {
  for (const { seed, steps, after } of golden.sequences) {
    it(`seed ${seed}: ${title(steps)}`, () => {
      const gen = new Generator().manualSeed(BigInt(seed));
      for (const [k, step] of steps.entries()) {
        const dtype: DTypeName = step.dtype ?? "int64";
        const drawn = draw(step, gen);
        const where = `draw ${k}, ${title([step])}`;
        if (step.values === undefined) {
          assert.deepEqual([...drawn.slice(0, 4)], [...toArray(step.head!, dtype)], `${where}: first values`);
          assert.deepEqual([...drawn.slice(-4)], [...toArray(step.tail!, dtype)], `${where}: last values`);
          assert.equal(fnv(drawn, dtype), step.fnv, `${where}: all values`);
          continue;
        }
        const expected = toArray(step.values, dtype);
        if (dtype === "float64" && (step.call === "randn" || step.call === "normal")) {
          assert.equal(drawn.length, expected.length, where);
          const scale = step.call === "normal" ? Math.max(Math.abs(step.args[1]), step.args[2], 1) : 1;
          for (const [i, x] of expected.entries()) {
            assert.ok(Math.abs(drawn[i] - x) <= 1e-14 * scale, `${where}: [${i}] ${drawn[i]}, PyTorch ${x}`);
          }
        } else {
          assert.ok(sameBits(drawn, expected), `${where}: ${[...drawn]}, PyTorch ${[...expected]}`);
        }
      }
      assert.equal(random.uniform(1, "float32", gen)[0], Math.fround(after), "the stream afterwards");
    });
  }
});

describe("golden: generator state", () => {
  for (const { seed, steps, cached, sha256, initialSeed } of golden.states) {
    it(`seed ${seed}${steps.length > 0 ? ": " : ""}${title(steps)}`, () => {
      const gen = new Generator().manualSeed(BigInt(seed));
      for (const step of steps) draw(step, gen);
      const state = gen.getState();
      // The cached normal is a double from log and sin, which may differ in the last place.
      const view = new DataView(state.buffer);
      const at = 24 + 8 * 624 + 8;
      assert.ok(Math.abs(view.getFloat64(at, true) - cached) <= 1e-14);
      view.setFloat64(at, 0, true);
      assert.equal(createHash("sha256").update(state).digest("hex"), sha256);
      assert.equal(String(gen.initialSeed()), initialSeed);
    });
  }

  it("an unseeded generator starts where PyTorch's does", () => {
    const gen = new Generator();
    assert.equal(String(gen.initialSeed()), golden.fresh.initialSeed);
    assert.deepEqual([...random.uniform(3, "float32", gen)], golden.fresh.rand.map(Math.fround));
  });
});

describe("golden: errors of draws", () => {
  const gen = new Generator();
  it("randint", () => {
    assert.throws(() => random.randint(5, 5, 2, gen), { message: golden.errors.randint });
  });
  it("uniform", () => {
    assert.throws(() => random.uniform(2, "float32", gen, 2, 1), { message: golden.errors.uniform });
  });
  it("normal", () => {
    assert.throws(() => random.normal(2, "float32", gen, 0, -1), { message: golden.errors.normal });
  });
  it("randperm", () => {
    assert.throws(() => random.randperm(-1, gen), { message: golden.errors.randperm });
  });
});
