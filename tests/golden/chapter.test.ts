// The chapter's figures, digit by digit, in both dtypes: every loss and weight of every run that the book shows.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type GoldenNumber, load, toNumber } from "./golden";

type Float = "float32" | "float64";

interface Descent {
  losses: GoldenNumber[];
  ws: GoldenNumber[];
  item: number;
}

interface Batched {
  batchSize: number;
  lr: number;
  shuffle: boolean;
  epochs: number;
  firstLosses: GoldenNumber[];
  lastLosses: GoldenNumber[];
  ws: GoldenNumber[];
  item: number;
  randAfter: number;
}

interface Figures {
  dtype: Float;
  X: GoldenNumber[];
  y: GoldenNumber[];
  yText: string;
  datasetAt0: string;
  batchLen: number;
  batchShapes: number[][];
  slope: number;
  slopeText: string;
  byHand: {
    startText: string;
    steps: { mse: number; grad: number; w: number }[];
    mseText: string;
    wText: string;
    lossText: string;
  };
  sgd: Descent;
  adam: Descent;
  batched: Batched[];
  forgottenZeroGrad: { lr: number; ws: GoldenNumber[] };
}

const { figures } = load<{ figures: Figures[] }>("chapter");

function setup(): { X: pt.Tensor; y: pt.Tensor } {
  pt.manualSeed(0);
  const X = pt.linspace(-5, 5, 100);
  return { X, y: X.mul(2).add(pt.randn(100)) };
}

/** Text that PyTorch printed with float32 as the default dtype, as it is with the other. */
const withoutType = (text: string): string => text.replaceAll(", dtype=torch.float64", "");

const mse = (X: pt.Tensor, y: pt.Tensor, w: pt.Tensor): pt.Tensor => X.mul(w).sub(y).pow(2).mean();

for (const golden of figures) onEachEngine(`the chapter in ${golden.dtype}`, (engine) => {
  // An engine that was asked for computes float32 only; there sums have another order.
  const isHosts = engine === "host" || golden.dtype === "float64";
  /**
   * A figure, to the last digit where the host computes it. Elsewhere to 1e-6 of its size, or of 1 if that is more:
   * gradients near the minimum, and what follows from them, are small differences of terms of that size.
   */
  const exact = (value: number | undefined, expected: GoldenNumber): void => {
    const [number, size] = [toNumber(expected), Math.max(1, Math.abs(toNumber(expected)))];
    if (!isHosts) assert.ok(Math.abs(value! - number) <= 1e-6 * size, `${value}, PyTorch has ${expected}`);
    else assert.equal(value, golden.dtype === "float32" ? Math.fround(toNumber(expected)) : expected);
  };
  // Where PyTorch's own square roots are an ulp off, and where float64 normals may be.
  const close = (tolerance: number) => (value: number, expected: GoldenNumber) =>
    assert.ok(
      Math.abs(value - toNumber(expected)) <= tolerance * Math.abs(toNumber(expected)),
      `${value}, PyTorch has ${expected}`,
    );

  describe("figures", () => {
    before(() => pt.setDefaultDtype(golden.dtype));
    after(() => pt.setDefaultDtype(pt.float32));

    it("the data", () => {
      const { X, y } = setup();
      X.toArray().forEach((value, i) => exact(value, golden.X[i]));
      y.toArray().forEach((value, i) => exact(value, golden.y[i]));
      assert.equal(String(y.at(pt.slice(0, 3))), withoutType(golden.yText));
      const trainDs = new pt.data.TensorDataset(y, X);
      assert.equal(String(trainDs.at(0)), withoutType(golden.datasetAt0));
      const [batch] = new pt.data.DataLoader(trainDs, { batchSize: 25 });
      assert.equal(batch.length, golden.batchLen);
      assert.deepEqual(
        batch.map(({ shape }) => [...shape]),
        golden.batchShapes,
      );
    });

    it("the slope in closed form", () => {
      const { X, y } = setup();
      const slope = X.matmul(y).div(X.matmul(X));
      close(golden.dtype === "float32" ? 1e-6 : 1e-14)(slope.item(), golden.slope);
      assert.equal(String(slope), withoutType(golden.slopeText));
    });

    it("descent by hand (listing 6.3)", () => {
      const { X, y } = setup();
      const w = pt.randn(1, { requiresGrad: true });
      assert.equal(String(w.detach()), withoutType(golden.byHand.startText));
      let loss: pt.Tensor | undefined;
      for (const step of golden.byHand.steps) {
        loss = mse(X, y, w);
        w.grad = null;
        loss.backward();
        exact(loss.item(), step.mse);
        exact(w.grad!.item(), step.grad);
        pt.noGrad(() => w.sub_(w.grad!.mul(0.03)));
        exact(w.item(), step.w);
      }
      assert.equal(String(loss), withoutType(golden.byHand.lossText));
      assert.equal(String(loss?.detach()), withoutType(golden.byHand.mseText));
      assert.equal(String(w.detach()), withoutType(golden.byHand.wText));
    });

    for (const kind of ["SGD", "Adam"] as const) {
      it(`descent with ${kind} (listing 6.4)`, () => {
        const run = golden[kind === "SGD" ? "sgd" : "adam"];
        const check = kind === "SGD" ? exact : close(1e-6);
        const { X, y } = setup();
        const w = pt.randn(1, { requiresGrad: true });
        const opt = new pt.optim[kind]([w], { lr: 0.03 });
        run.losses.forEach((expected, i) => {
          opt.zeroGrad();
          const loss = mse(X, y, w);
          loss.backward();
          opt.step();
          check(loss.item(), expected);
          check(w.item(), run.ws[i]);
        });
      });
    }

    for (const run of golden.batched) {
      it(`batches of ${run.batchSize}, lr ${run.lr}${run.shuffle ? ", shuffled" : ""} (listing 6.7)`, () => {
        const { X, y } = setup();
        const loader = new pt.data.DataLoader(new pt.data.TensorDataset(y, X), {
          batchSize: run.batchSize,
          shuffle: run.shuffle,
        });
        const w = pt.zeros(1, { requiresGrad: true });
        const opt = new pt.optim.SGD([w], { lr: run.lr });
        const losses: number[] = [];
        for (let epoch = 0; epoch < run.epochs; epoch++) {
          for (const [yBatch, XBatch] of loader) {
            opt.zeroGrad();
            const loss = mse(XBatch, yBatch, w);
            loss.backward();
            opt.step();
            losses.push(loss.item());
          }
          exact(w.item(), run.ws[epoch]);
        }
        run.firstLosses.forEach((loss, i) => exact(losses[i], loss));
        run.lastLosses.forEach((loss, i) => exact(losses[losses.length - run.lastLosses.length + i], loss));
        exact(w.item(), run.item);
        assert.equal(pt.rand(1, { dtype: "float32" }).item(), Math.fround(run.randAfter));
      });
    }

    it("descent that forgets zeroGrad", () => {
      const { X, y } = setup();
      const w = pt.zeros(1, { requiresGrad: true });
      const opt = new pt.optim.SGD([w], { lr: golden.forgottenZeroGrad.lr });
      for (const expected of golden.forgottenZeroGrad.ws) {
        mse(X, y, w).backward();
        opt.step();
        exact(w.item(), expected);
      }
    });
  });
});

describe("the book's figure", () => {
  it("2.0812765834924307 is listing 6.7 in float64", () => {
    pt.setDefaultDtype(pt.float64);
    try {
      const { X, y } = setup();
      const w = pt.empty(1, { requiresGrad: true });
      const opt = new pt.optim.SGD([w], { lr: 0.003 });
      for (let epoch = 0; epoch < 25; epoch++) {
        for (const [yBatch, XBatch] of new pt.data.DataLoader(new pt.data.TensorDataset(y, X))) {
          opt.zeroGrad();
          mse(XBatch, yBatch, w).backward();
          opt.step();
        }
      }
      assert.equal(String(w.item()), "2.0812765834924307");
    } finally {
      pt.setDefaultDtype(pt.float32);
    }
  });
});
