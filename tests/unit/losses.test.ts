// Softmax and the losses: gradients and gradients of gradients against differences, and what is refused.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";

const F = pt.nn.functional;
const double = (values: pt.NestedArray): pt.Tensor => pt.tensor(values, { dtype: "float64" });

const number = fc.integer({ min: -40, max: 40 }).map((k) => k / 16);

/** A matrix of scores, of any size up to 4 × 4. */
const scores = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
  .chain(([n, c]) => fc.array(fc.array(number, { minLength: c, maxLength: c }), { minLength: n, maxLength: n }));
const smoothings = fc.constantFrom(0, 0.3);
const reductions = fc.constantFrom<pt.Reduction>("mean", "sum", "none");

const twice = (f: (x: pt.Tensor) => pt.Tensor) => (x: pt.Tensor): pt.Tensor => {
  const [g] = pt.grad(f(x).pow(3).sum(), [x], { createGraph: true });
  return g.mul(g).sum();
};

function checkBoth(f: (x: pt.Tensor) => pt.Tensor, x: pt.Tensor): void {
  pt.gradcheck(f, [x], { eps: 1e-5, atol: 1e-4 });
  // Of a size near 1, so that differences have digits left.
  const size = 1 + f(x).abs().sum().item();
  pt.gradcheck(twice((v) => f(v).div(size)), [x], { eps: 1e-5, atol: 1e-7 });
}

/** Shapes of up to three dims, none of them 0. */
const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 });

/** First and second gradients of both operands. */
function checkTwo(f: (a: pt.Tensor, b: pt.Tensor) => pt.Tensor, a: pt.Tensor, b: pt.Tensor): void {
  pt.gradcheck(f, [a, b]);
  pt.gradgradcheck(f, [a, b]);
}

describe("softmax", () => {
  it("has the gradients that differences show, and so has its logarithm", () => {
    fc.assert(fc.property(scores, fc.constantFrom(0, 1, -1), (values, dim) => {
      checkBoth((x) => x.softmax(dim), double(values));
      checkBoth((x) => x.logSoftmax(dim), double(values));
    }), { numRuns: 25 });
  });

  it("adds up to 1, and is what its logarithm says, however large the scores", () => {
    fc.assert(fc.property(scores, fc.constantFrom(1, 300, 1e200), (values, scale) => {
      const x = double(values).mul(scale);
      const y = pt.softmax(x, 1);
      y.sum(1).toArray<number[]>().forEach((sum) => assert.ok(Math.abs(sum - 1) < 1e-12, `${sum}`));
      pt.assertClose(x.logSoftmax(1).exp(), y, { rtol: 1e-12, atol: 1e-300 });
    }));
  });

  it("refuses to go back through a result that was overwritten", () => {
    const x = pt.tensor([1.5, 2]).requiresGrad_();
    const y = x.softmax(0);
    y.detach().mul_(2);
    assert.throws(() => y.sum().backward(), /which is output 0 of SoftmaxBackward0, is at version 1; expected version 0/);
  });
});

describe("losses", () => {
  it("of classes have the gradients that differences show", () => {
    fc.assert(fc.property(scores, reductions, fc.nat(), fc.boolean(), (values, reduction, seed, weighted) => {
      const classes = values[0].length;
      const target = pt.tensor(values.map((_, i) => (seed + i * i) % classes));
      const weight = weighted ? double(values[0].map((_, c) => 0.5 + c)) : undefined;
      const smooth: typeof F.nllLoss = (x, y, options) => F.crossEntropy(x, y, { ...options, labelSmoothing: 0.2 });
      for (const loss of [F.nllLoss, F.crossEntropy, smooth]) {
        checkBoth((x) => loss(x, target, { reduction, weight }), double(values));
        // The last class counts for nothing, unless nothing else is there.
        if (target.lt(classes - 1).any().item()) {
          checkBoth((x) => loss(x, target, { reduction, weight, ignoreIndex: classes - 1 }), double(values));
        }
      }
    }), { numRuns: 25 });
  });

  it("of squares have the gradients that differences show, of both operands", () => {
    fc.assert(fc.property(scores, reductions, (values, reduction) => {
      const [x, y] = [double(values), double(values).mul(-0.7).add(0.3)];
      pt.gradcheck((a: pt.Tensor, b: pt.Tensor) => F.mseLoss(a, b, { reduction }), [x, y]);
      checkBoth((a) => F.mseLoss(y, a, { reduction }), x);
    }), { numRuns: 25 });
  });

  it("of differences have the gradients that differences show, of both operands", () => {
    const limits = fc.constantFrom(0.3, 1, 2.2);
    fc.assert(fc.property(shapes, reductions, limits, fc.nat(), (shape, reduction, limit, seed) => {
      pt.manualSeed(seed);
      // Multiples of 1/4 off by 1/16 are no corners: 0, 0.3, 1 and 2.2.
      const target = pt.randint(-8, 8, shape).mul(0.25).to(pt.float64);
      const input = pt.randint(-16, 16, shape).mul(0.25).add(0.0625).to(pt.float64);
      for (const loss of [
        (a: pt.Tensor, b: pt.Tensor) => F.l1Loss(a, b, { reduction }),
        (a: pt.Tensor, b: pt.Tensor) => F.huberLoss(a, b, { reduction, delta: limit }),
        (a: pt.Tensor, b: pt.Tensor) => F.smoothL1Loss(a, b, { reduction, beta: limit }),
        (a: pt.Tensor, b: pt.Tensor) => F.smoothL1Loss(a, b, { reduction, beta: 0 }),
      ]) checkTwo(loss, input, target);
    }), { numRuns: 20 });
  });

  it("of events have the gradients that differences show, of both operands", () => {
    fc.assert(fc.property(shapes, reductions, fc.boolean(), fc.nat(), (shape, reduction, isWeighted, seed) => {
      pt.manualSeed(seed);
      const unit = (): pt.Tensor => pt.rand(...shape, { dtype: "float64" }).mul(0.8).add(0.1);
      const weight = isWeighted ? unit() : undefined;
      const posWeight = isWeighted ? unit().mul(3) : undefined;
      checkTwo((a, b) => F.binaryCrossEntropy(a, b, { reduction, weight }), unit(), unit());
      const options = { reduction, weight, posWeight };
      checkTwo((a, b) => F.binaryCrossEntropyWithLogits(a, b, options), unit().sub(0.5).mul(9), unit());
    }), { numRuns: 20 });
  });

  it("of distributions have the gradients that differences show, of both operands", () => {
    const all = fc.constantFrom<pt.KlDivOptions["reduction"]>("batchmean", "sum", "none");
    fc.assert(fc.property(shapes, all, fc.boolean(), fc.nat(), (shape, reduction, logTarget, seed) => {
      pt.manualSeed(seed);
      const [input, target] = [0, 0].map(() => pt.rand(...shape, { dtype: "float64" }).mul(0.8).add(0.1));
      checkTwo((a, b) => F.klDiv(a, b, { reduction, logTarget }), input.log(), logTarget ? target.log() : target);
    }), { numRuns: 20 });
  });

  it("of probabilities of classes have the gradients that differences show, of all operands", () => {
    fc.assert(fc.property(scores, reductions, smoothings, fc.nat(), (values, reduction, labelSmoothing, seed) => {
      pt.manualSeed(seed);
      const x = double(values);
      const weight = pt.rand(x.shape[1], { dtype: "float64" }).add(0.5);
      const options = { reduction, weight, labelSmoothing };
      checkTwo((a, b) => F.crossEntropy(a, b, options), x, pt.rand(...x.shape, { dtype: "float64" }));
    }), { numRuns: 20 });
  });

  it("of probabilities that are one class's are those of the class", () => {
    fc.assert(fc.property(scores, smoothings, fc.nat(), (values, labelSmoothing, seed) => {
      const x = double(values);
      const classes = values.map((_, i) => (seed + i * i) % x.shape[1]);
      const target = double(classes.map((own) => values[0].map((_, c) => Number(c === own))));
      const reduction = "none";
      pt.assertClose(
        F.crossEntropy(x, target, { labelSmoothing, reduction }),
        F.crossEntropy(x, pt.tensor(classes), { labelSmoothing, reduction }),
      );
    }));
  });

  it("of scores are those of their sigmoids, and finite where those are 0 or 1", () => {
    fc.assert(fc.property(scores, (values) => {
      const x = double(values);
      const target = x.mul(3).sigmoid();
      const expected = F.binaryCrossEntropy(x.sigmoid(), target);
      pt.assertClose(F.binaryCrossEntropyWithLogits(x, target), expected, { rtol: 1e-9, atol: 1e-12 });
    }));
    const x = double([800, -800]).requiresGrad_();
    const loss = F.binaryCrossEntropyWithLogits(x, double([0, 1]));
    loss.backward();
    assert.equal(loss.item(), 800);
    assert.deepEqual(x.grad!.toArray(), [0.5, -0.5]);
  });

  it("do not mind that the scores are overwritten, but that the classes are", () => {
    const x = pt.randn(2, 3).requiresGrad_();
    const target = pt.tensor([0, 1]);
    const y = x.mul(1);
    const loss = F.nllLoss(y, target);
    y.detach().zero_();
    loss.backward({ retainGraph: true });
    target.fill_(2);
    assert.throws(() => loss.backward(), /modified by an inplace operation: \[int64 \[2\]\] is at version 1; expected version 0/);
  });

  it("of a small training step in float32 fall", () => {
    pt.manualSeed(0);
    const X = pt.randn(30, 4);
    const target = pt.tensor(Array.from({ length: 30 }, (_, i) => i % 3));
    const W = pt.zeros(4, 3, { requiresGrad: true });
    const opt = new pt.optim.SGD([W], { lr: 0.5 });
    const losses = Array.from({ length: 20 }, () => {
      opt.zeroGrad();
      const loss = F.crossEntropy(X.matmul(W), target);
      loss.backward();
      opt.step();
      return loss.item();
    });
    assert.ok(Math.abs(losses[0] - Math.log(3)) < 1e-6, `no knowledge: ln 3, not ${losses[0]}`);
    losses.slice(1).forEach((loss, i) => assert.ok(loss < losses[i]));
  });

  it("warn once of a target of another shape", () => {
    const { warn } = console;
    const lines: string[] = [];
    console.warn = (line: string) => lines.push(line);
    try {
      for (const loss of [F.mseLoss, F.l1Loss]) for (let i = 0; i < 2; i++) loss(pt.zeros(7), pt.ones(7, 1));
    } finally {
      console.warn = warn;
    }
    assert.deepEqual(lines.map((line) => line.split(":")[0]), ["mseLoss", "l1Loss"]);
    assert.match(lines[0], /Using a target size \[7, 1\] that is different to the input size \[7\]\. This will likely lead/);
  });

  const x = pt.zeros(2, 3);
  const t = (...classes: number[]): pt.Tensor => pt.tensor(classes);
  const weight = pt.ones(3);
  const refusals: [string, () => unknown, RegExp][] = [
    ["a class too many", () => F.crossEntropy(x, t(0, 3)), /Target 3 is out of bounds/],
    ["a negative class", () => F.nllLoss(x, t(0, -1)), /Target -1 is out of bounds/],
    ["more targets than samples", () => F.crossEntropy(x, t(0, 1, 2)), /Expected input batch_size \(2\) to match target batch_size \(3\)/],
    ["targets of an image that do not fit", () => F.nllLoss(pt.zeros(2, 3, 4), t(0, 1)), /Expected target size \[2, 4\], got \[2\]/],
    ["targets that are no integers", () => F.nllLoss(x, pt.zeros(2)), /expected scalar type int64 but found float32/],
    ["scores that are integers", () => F.crossEntropy(t(1, 2), t(0)), /not implemented for int64/],
    ["no scores at all", () => F.nllLoss(pt.tensor(1.5), pt.tensor(0)), /Expected 1 or more dimensions \(got 0\)/],
    ["an unknown reduction", () => F.mseLoss(x, x, { reduction: "avg" as "sum" }), /avg is not a valid value for reduction/],
    ["more smoothing than all", () => F.crossEntropy(x, t(0, 1), { labelSmoothing: 1.1 }), /labelSmoothing must be between 0.0 and 1.0. Got: 1.1/],
    ["too few weights", () => F.crossEntropy(x, t(0, 1), { weight: pt.ones(2) }), /all 3 classes or no classes but got weight tensor of shape: \[2\]/],
    ["weights of another type", () => F.nllLoss(x, t(0, 1), { weight: weight.to("float64") }), /expected scalar type float32 but found float64/],
    ["weights to be learnt", () => F.nllLoss(x, t(0, 1), { weight: weight.clone().requiresGrad_() }), /not differentiable with respect to argument 'weight'/],
    ["what is no tensor", () => F.crossEntropy(x, [0, 1] as unknown as pt.Tensor), /crossEntropy: expected a Tensor, got an Array/],
    ["shapes that do not broadcast", () => F.mseLoss(x, pt.zeros(2)), /The size of tensor a \(3\) must match the size of tensor b \(2\)/],
    ["squares of integers", () => F.mseLoss(t(1), t(2)), /mseLoss: not implemented for int64/],
    ["a dim that there is not", () => pt.softmax(x, 2), /softmax: Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)/],
  ];
  for (const [what, f, message] of refusals) it(`refuse ${what}`, () => assert.throws(f, message));
});
