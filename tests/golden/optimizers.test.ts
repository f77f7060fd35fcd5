// The optimizers against PyTorch: every value of every parameter after every step.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type GoldenNumber, load, toNumber } from "./golden";

interface Steps {
  optimizer: "SGD" | "Adam";
  options: Record<string, unknown>;
  dtype: "float32" | "float64";
  start: GoldenNumber[];
  grads: (GoldenNumber[] | null)[];
  after: GoldenNumber[][];
}

interface Groups {
  optimizer: "SGD" | "Adam";
  dtype: "float32" | "float64";
  defaults: Record<string, unknown>;
  own: Record<string, unknown>;
  lrAfterThree: number;
  start: GoldenNumber[][];
  grads: GoldenNumber[][][];
  after: GoldenNumber[][][];
}

interface Refused {
  optimizer: "SGD" | "Adam";
  params: string;
  options: Record<string, unknown>;
  error: string;
}

const { steps, groups, errors } = load<{ steps: Steps[]; groups: Groups[]; errors: Refused[] }>("optimizers");

const make = (name: "SGD" | "Adam", params: Iterable<pt.Tensor>, options: Record<string, unknown>) =>
  name === "SGD" ? new pt.optim.SGD(params, options) : new pt.optim.Adam(params, options);

// Adam takes square roots, and PyTorch's are an ulp off; SGD is exact.
const TOLERANCE = { SGD: { float32: 0, float64: 0 }, Adam: { float32: 1e-6, float64: 1e-13 } };

/** An engine that was asked for computes float32 only, and rounds twice where the host has fused multiply-adds. */
const toleranceOf = (optimizer: "SGD" | "Adam", dtype: "float32" | "float64", engine: pt.EngineName): number =>
  engine !== "host" && dtype === "float32" ? 1e-6 : TOLERANCE[optimizer][dtype];

function assertValues(
  p: pt.Tensor,
  expected: readonly GoldenNumber[],
  tolerance: number,
  what: string,
): void {
  const golden = pt.tensor(expected.map(toNumber), { dtype: p.dtype }).toArray();
  p.toArray().forEach((value, i) => {
    const same =
      Object.is(value, golden[i]) || Math.abs(value - golden[i]) <= tolerance * (1 + Math.abs(golden[i]));
    assert.ok(same, `${what}, element ${i}: ${value}, PyTorch has ${golden[i]}`);
  });
}

const leaf = (values: readonly GoldenNumber[], dtype: "float32" | "float64"): pt.Tensor =>
  pt.tensor(values.map(toNumber), { dtype, requiresGrad: true });

onEachEngine("optimizers as in PyTorch", (engine) => {
  // What is not float32 is the host's on every engine.
  const isTested = ({ dtype }: { dtype: string }): boolean => engine === "host" || dtype === "float32";
  for (const { optimizer, options, dtype, start, grads, after } of steps.filter(isTested)) {
    it(`${optimizer} ${dtype} ${JSON.stringify(options)}`, () => {
      const p = leaf(start, dtype);
      const opt = make(optimizer, [p], options);
      grads.forEach((gradient, step) => {
        p.grad = gradient && pt.tensor(gradient.map(toNumber), { dtype });
        opt.step();
        assertValues(p, after[step], toleranceOf(optimizer, dtype, engine), `after step ${step}`);
      });
    });
  }

  for (const { optimizer, dtype, defaults, own, lrAfterThree, start, grads, after } of groups.filter(isTested)) {
    it(`${optimizer} ${dtype} with two groups`, () => {
      const params = start.map((values) => leaf(values, dtype));
      const groupsGiven = [{ params: [params[0]] }, { params: [params[1]], ...own }];
      const opt =
        optimizer === "SGD"
          ? new pt.optim.SGD(groupsGiven, defaults)
          : new pt.optim.Adam(groupsGiven, defaults);
      grads.forEach((gradients, step) => {
        if (step === 3) opt.paramGroups[0].lr = lrAfterThree;
        params.forEach((p, i) => (p.grad = pt.tensor(gradients[i].map(toNumber), { dtype })));
        opt.step();
        params.forEach((p, i) =>
          assertValues(p, after[step][i], toleranceOf(optimizer, dtype, engine), `parameter ${i} after step ${step}`),
        );
      });
    });
  }

});

describe("optimizers", () => {
  const wrong: Record<string, () => unknown> = {
    none: () => [],
    tensor: () => pt.zeros(2, { requiresGrad: true }),
    number: () => [1.5],
    twice: () => {
      const p = pt.zeros(2, { requiresGrad: true });
      return [{ params: [p] }, { params: [p] }];
    },
    "non-leaf": () => [pt.zeros(2, { requiresGrad: true }).mul(2)],
    one: () => [pt.zeros(2, { requiresGrad: true })],
  };
  for (const { optimizer, params, options, error } of errors) {
    it(`${optimizer} refuses ${params === "one" ? JSON.stringify(options) : `parameters: ${params}`}`, () => {
      // The same sentence, up to what a value or a type is called.
      const words = error
        .replace("weight_decay", "weightDecay")
        .replace(/iterable of Tensors or dicts.*/, "")
        .replace(/is float$/, "is");
      const start = words.replace(/-?\d+(\.0\b|e-0\d)?.*$/, "");
      assert.throws(
        () => make(optimizer, wrong[params]() as pt.Tensor[], options),
        (thrown: Error) => thrown.message.startsWith(start.replace(/ an $/, " a")),
        `PyTorch says: ${error}`,
      );
    });
  }
});
