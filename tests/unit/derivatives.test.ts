// The gradients and second gradients of the operations that follow from no rule, against differences: one entry an
// operation, on random shapes. rules.test.ts has those of the rules. Imports the library and drawn.ts.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import * as pt from "torchlab";
import { type Op, OpNode, type Structure } from "../../kernel-lib/dist/ops/nodes";
import { on } from "../engines/engines";
import { type Drawn, drawn, integers, places, scattered, sizeOf } from "./drawn";

const F = pt.nn.functional;

interface Sample {
  /** The shapes of the operands, whose elements are scattered. */
  readonly shapes: readonly (readonly number[])[];
  readonly f: (...xs: pt.Tensor[]) => pt.Tensor;
  /** What is made of the elements before. */
  readonly start?: (x: pt.Tensor) => pt.Tensor;
  /** The step of the differences, where it is not the usual one. */
  readonly eps?: number;
}

type Make = (draw: Drawn) => Sample;

const one = (make: (draw: Drawn, dim: number) => (x: pt.Tensor) => pt.Tensor): Make => (draw) =>
  ({ shapes: [draw.shape], f: make(draw, draw.pick(draw.shape.length)) });

/** One of several functions of a tensor of three dims, along the first of which there are three elements. */
const anyOf = (...list: ((x: pt.Tensor) => pt.Tensor)[]): [number, Make] =>
  [2, ({ shape: [m, n], pick }) => ({ shapes: [[3, m, n]], f: list[pick(list.length)] })];

const at = (shape: readonly number[], dim: number, n: number): number[] =>
  shape.map((size, i) => (i === dim ? n : size));

/** Widths that pad all dims but the first. */
const ofInner = (shape: readonly number[], widths: (size: number) => number[]): number[] =>
  shape.slice(1).reverse().flatMap(widths);

const options = { keepdim: true };

/** A loss of samples or images of three classes, the last of which may count for nothing. */
const ofClasses = (loss: typeof F.nllLoss, given: pt.CrossEntropyOptions = {}): Make =>
  ({ shape: [n, d], pick }) => {
    const rest = pick(2) ? [d] : [];
    // The first sample's class is one that counts.
    const target = integers(3, [n, ...rest], pick).indexPut_(0, 0);
    const own: pt.CrossEntropyOptions = {
      reduction: (["mean", "sum", "none"] as const)[pick(3)],
      weight: pick(2) ? pt.tensor([0.5, 1.5, 2.5], { dtype: "float64" }) : undefined,
      ignoreIndex: pick(2) ? 2 : undefined,
    };
    return { shapes: [[n, 3, ...rest]], f: (x) => loss(x, target, { ...own, ...given }) };
  };

/** A loss of two tensors of one shape. */
const ofTwo = (loss: typeof F.mseLoss): Make =>
  ({ shape, pick }) => {
    const reduction = (["mean", "sum", "none"] as const)[pick(3)];
    return { shapes: [shape, shape], f: (x, y) => loss(x, y, { reduction }) };
  };

/** A function of square matrices, which `start` makes regular; and of another matrix of as many rows. */
const ofSquares = (f: Sample["f"], ...others: number[]): Make =>
  ({ shape: [n, ...batch] }) => {
    const regular = (x: pt.Tensor): pt.Tensor => (
      x.size(-1) === n && x.size(-2) === n ? x.mul(0.2).add(pt.eye(n, { dtype: "float64" }).roll(1, -1).mul(3)) : x
    );
    return { shapes: [[...batch, n, n], ...others.map((k) => [...batch, n, k])], f, start: regular };
  };

/** The sample with zeros among the elements. */
const withZeros = ([least, make]: [number, Make]): [number, Make] =>
  [least, (draw) => ({ ...make(draw), start: (x) => x.mul(x.abs().gt(0.9)) })];

const prod = anyOf((x) => x.prod(), (x) => x.prod(0), (x) => x.prod(-1, options));
const cumprod: [number, Make] = [1, one((_, dim) => (x) => x.cumprod(dim))];

/** By the operation's name: what it is of drawn operands, and how many dims they have at least. */
const operations: Record<string, [number, Make]> = {
  // Sums and the like.
  sum: anyOf((x) => x.sum(), (x) => x.sum(0), (x) => x.sum([0, -1], options)),
  mean: anyOf((x) => x.mean(), (x) => x.mean(0), (x) => x.mean([0, -1], options)),
  sumToSize: anyOf((x) => x.sumToSize([]), (x) => x.sumToSize([1, ...x.shape.slice(1)])),
  prod,
  "prod with zeros": withZeros(prod),
  max: anyOf((x) => x.max(), (x) => x.max(0).values, (x) => x.max(1, options).values),
  min: anyOf((x) => x.min(), (x) => x.min(0).values, (x) => x.min(1, options).values),
  amax: anyOf((x) => x.amax(), (x) => x.amax([0, 2]), (x) => x.amax(1, options)),
  amin: anyOf((x) => x.amin(), (x) => x.amin([0, 2]), (x) => x.amin(1, options)),
  var: anyOf((x) => x.var(), (x) => x.var([0, 1]), (x) => x.var(0, { correction: 0, keepdim: true })),
  std: anyOf((x) => x.std(), (x) => x.std([0, 1]), (x) => x.std(0, { correction: 0, keepdim: true })),
  norm: anyOf(...[1, 2, 3, 0.5, 1.5, -1, Infinity, -Infinity].flatMap((p) => [
    (x: pt.Tensor) => x.norm(p), (x: pt.Tensor) => x.norm(p, [0, 2]), (x: pt.Tensor) => x.norm(p, 1, options),
  ])),
  logsumexp: anyOf((x) => x.logsumexp([0, 1, 2]), (x) => x.logsumexp(0), (x) => x.logsumexp(-1, options)),
  cumsum: [1, one((_, dim) => (x) => x.cumsum(dim))],
  cumprod,
  "cumprod with zeros": withZeros(cumprod),
  softmax: [1, one((_, dim) => (x) => x.softmax(dim))],
  logSoftmax: [1, one((_, dim) => (x) => x.logSoftmax(dim))],

  "round to decimals": [1, one(() => (x) => x.mul(0.93).round({ decimals: 1 }).mul(x))],

  // Losses.
  mseLoss: [1, ofTwo(F.mseLoss)],
  nllLoss: [2, ofClasses(F.nllLoss)],
  crossEntropy: [2, ofClasses(F.crossEntropy)],
  "crossEntropy with probabilities": [2, ({ shape: [n, d], pick }) => {
    const reduction = (["mean", "sum", "none"] as const)[pick(3)];
    return { shapes: [[n, 3, d], [n, 3, d]], f: (x, y) => F.crossEntropy(x, y.softmax(1), { reduction }) };
  }],
  binaryCrossEntropy: [1, ofTwo((x, y, given) => F.binaryCrossEntropy(x.sigmoid(), y.sigmoid(), given))],
  binaryCrossEntropyWithLogits: [1, ofTwo((x, y, given) => F.binaryCrossEntropyWithLogits(x, y.sigmoid(), given))],
  // The factor and the thresholds keep differences off the kinks.
  l1Loss: [1, ofTwo((x, y, given) => F.l1Loss(x, y.mul(2.1), given))],
  huberLoss: [1, ofTwo((x, y, given) => F.huberLoss(x, y.mul(2.1), { ...given, delta: 1.37 }))],
  smoothL1Loss: [1, ofTwo((x, y, given) => F.smoothL1Loss(x, y.mul(2.1), { ...given, beta: 0.137 }))],
  klDiv: [1, ofTwo((x, y, given) => F.klDiv(x, y.softmax(0), given))],
  "crossEntropy, smoothed": [2, ofClasses(F.crossEntropy, { labelSmoothing: 0.2 })],

  // Views, copies and conversions.
  reshape: [1, one(() => (x) => x.reshape(-1))],
  flatten: [2, one(() => (x) => x.flatten(0, 1))],
  squeeze: [1, one(({ shape }) => (x) => x.reshape([1, ...shape]).squeeze(0))],
  unsqueeze: [1, one((_, dim) => (x) => x.unsqueeze(dim))],
  permute: [1, one(({ shape }) => (x) => x.permute(shape.map((_, i) => (i + 1) % shape.length)))],
  transpose: [1, one((_, dim) => (x) => x.transpose(0, dim))],
  "t and T": [2, ({ shape: [m, n] }) => ({ shapes: [[m, n]], f: (x) => x.t().mul(x.T) })],
  expand: [1, one(({ shape }) => (x) => x.unsqueeze(0).expand(2, ...shape))],
  clone: [1, one(() => (x) => x.clone())],
  // Of float32 a short step has no digits; this is linear, so that a long one is as good.
  to: [1, ({ shape }) => ({ shapes: [shape], f: (x) => x.to("float32").to("float64"), eps: 0.25 })],
  cat: [1, (draw) => {
    const dim = draw.pick(draw.shape.length);
    return { shapes: [draw.shape, at(draw.shape, dim, 2)], f: (x, y) => pt.cat([x, y], dim) };
  }],
  stack: [1, ({ shape, pick }) => {
    const dim = pick(shape.length + 1);
    return { shapes: [shape, shape], f: (x, y) => pt.stack([x, y], dim) };
  }],

  // Choosing and moving.
  at: [1, one(({ shape, pick }) => {
    const list = integers(shape[0], [2, 2], pick);
    return (x) => x.at(list, "...");
  })],
  select: [1, one((_, dim) => (x) => x.select(dim, -1))],
  narrow: [1, one(({ shape }, dim) => (x) => x.narrow(dim, shape[dim] - 1, 1))],
  indexSelect: [1, one(({ shape, pick }, dim) => {
    const list = integers(shape[dim], [4], pick);
    return (x) => x.indexSelect(dim, list);
  })],
  movedim: [1, one(({ shape, pick }, dim) => {
    const to = pick(shape.length);
    return (x) => x.movedim(dim, to);
  })],
  repeat: [1, one(({ shape, pick }) => {
    const counts = [1 + pick(2), ...shape.map(() => 1 + pick(2))];
    return (x) => x.repeat(counts);
  })],
  tile: [1, one(() => (x) => x.tile(2))],
  flip: [1, one((_, dim) => (x) => x.flip(dim))],
  roll: [1, one(({ pick }, dim) => {
    const shift = pick(7) - 3;
    return (x) => x.roll(shift, dim).add(x.roll(shift));
  })],
  triangles: [2, one(({ pick }) => {
    const diagonal = pick(5) - 2;
    return (x) => x.tril(diagonal).add(x.triu(-diagonal).mul(2));
  })],
  diagonal: [2, one(({ pick }) => {
    const offset = pick(3) - 1;
    return (x) => x.diagonal(offset, -1, 0);
  })],
  diag: [1, ({ shape: [n], pick }) => {
    const offset = pick(5) - 2;
    return { shapes: [[n]], f: (x) => x.diag(offset) };
  }],
  split: [1, one((_, dim) => (x) => x.split(2, dim)[0])],
  chunk: [1, one((_, dim) => (x) => x.chunk(2, dim).at(-1)!)],
  unbind: [1, one((_, dim) => (x) => pt.stack(x.unbind(dim).map((part, i) => part.mul(i + 1))))],
  unflatten: [1, one((_, dim) => (x) => x.unflatten(dim, [-1, 1]))],
  unfold: [1, one(({ shape, pick }, dim) => {
    const size = 1 + pick(shape[dim]);
    return (x) => x.unfold(dim, size, 1);
  })],
  repeatInterleave: [1, one(({ shape, pick }, dim) => {
    const times = integers(3, [shape[dim]], pick);
    return (x) => x.repeatInterleave(times, dim);
  })],
  pad: [1, one(({ pick }) => {
    const widths = [pick(4) - 1, pick(3)];
    return (x) => F.pad(x, widths, { value: 1.5 }).mul(2).add(F.pad(x, widths));
  })],
  "pad, reflecting": [2, one(({ shape, pick }) => {
    const widths = ofInner(shape, (size) => [pick(size), size > 1 ? pick(size + 1) - 1 : 0]);
    return (x) => F.pad(x, widths, { mode: "reflect" });
  })],
  "pad, replicating": [2, one(({ shape, pick }) => {
    const widths = ofInner(shape, () => [1 + pick(3), pick(4) - 1]);
    return (x) => F.pad(x, widths, { mode: "replicate" });
  })],
  "pad, going round": [2, one(({ shape, pick }) => {
    const widths = ofInner(shape, (size) => [pick(size + 1), size > 1 ? pick(size + 2) - 1 : pick(2)]);
    return (x) => F.pad(x, widths, { mode: "circular" });
  })],
  gather: [1, one(({ shape, pick }, dim) => {
    const index = integers(shape[dim], at(shape, dim, 2), pick);
    return (x) => x.gather(dim, index);
  })],
  take: [1, one(({ shape, pick }) => {
    const index = integers(sizeOf(shape), [2, 2], pick);
    return (x) => x.take(index);
  })],
  maskedSelect: [1, one(({ shape, pick }) => {
    const mask = integers(2, shape, pick).to("bool");
    return (x) => x.maskedSelect(mask);
  })],
  scatter: [1, (draw) => {
    const dim = draw.pick(draw.shape.length);
    // Each line once and in its own order: a place that is named twice has no derivative.
    const line = places(draw.shape[dim], draw.shape[dim], draw.seed);
    const index = line.reshape(draw.shape.map((_, i) => (i === dim ? -1 : 1))).expand([...draw.shape]);
    return { shapes: [draw.shape, draw.shape], f: (x, source) => x.scatter(dim, index, source) };
  }],
  scatterAdd: [1, (draw) => {
    const dim = draw.pick(draw.shape.length);
    const index = integers(draw.shape[dim], at(draw.shape, dim, 2), draw.pick);
    return { shapes: [draw.shape, at(draw.shape, dim, 2)], f: (x, source) => x.scatterAdd(dim, index, source) };
  }],
  ...Object.fromEntries((["sum", "prod", "mean", "amax", "amin"] as const).map((fold): [string, [number, Make]] => [
    `scatterReduce, ${fold}`,
    [1, (draw) => {
      const dim = draw.pick(draw.shape.length);
      const index = integers(draw.shape[dim], at(draw.shape, dim, 2), draw.pick);
      const includeSelf = draw.pick(2) === 0;
      // So moved, no source is equal to what it meets.
      const f = (x: pt.Tensor, source: pt.Tensor): pt.Tensor =>
        x.scatterReduce(dim, index, source.add(0.03), fold, { includeSelf });
      return { shapes: [draw.shape, at(draw.shape, dim, 2)], f };
    }],
  ])),
  indexAdd: [1, (draw) => {
    const dim = draw.pick(draw.shape.length);
    const index = integers(draw.shape[dim], [3], draw.pick);
    return {
      shapes: [draw.shape, at(draw.shape, dim, 3)],
      f: (x, source) => x.indexAdd(dim, index, source, { alpha: 2 }),
    };
  }],
  maskedFill: [1, (draw) => {
    const mask = integers(2, draw.shape, draw.pick).to("bool");
    return {
      shapes: [draw.shape, []],
      f: (x, value) => x.maskedFill(mask, value).add(x.clone().maskedFill_(mask, value)),
    };
  }],
  fillDiagonal_: [2, one(({ shape }) => {
    return (x) => (shape.length > 2 ? x : x.mul(2).fillDiagonal_(3));
  })],
  "indexPut_ to a slice": [1, (draw) => {
    const [dim, step] = [draw.pick(draw.shape.length), 1 + draw.pick(2)];
    const indices = [...new Array<pt.Index>(dim).fill(pt.slice()), pt.slice(null, null, step)];
    return { shapes: [draw.shape, [1]], f: (x, value) => x.mul(2).indexPut_(indices, value) };
  }],
  "indexPut to a list, adding": [1, (draw) => {
    const list = integers(draw.shape[0], [3], draw.pick);
    return {
      shapes: [draw.shape, [3, ...draw.shape.slice(1)]],
      f: (x, value) => x.indexPut([list], value, { accumulate: true }),
    };
  }],
  sort: [1, one((_, dim) => (x) => x.sort(dim, { descending: true }).values)],
  topk: [1, one(({ shape, pick }, dim) => {
    const k = 1 + pick(shape[dim]);
    return (x) => x.topk(k, dim).values;
  })],
  kthvalue: [1, one(({ shape, pick }, dim) => {
    const k = 1 + pick(shape[dim]);
    return (x) => x.kthvalue(k, dim).values;
  })],
  median: [1, one((_, dim) => (x) => x.median(dim, { keepdim: true }).values.add(x.median()))],
  outer: [1, ({ shape }) => ({ shapes: [[shape[0]], [2]], f: (a, b) => a.outer(b) })],
  dot: [1, ({ shape }) => ({ shapes: [[shape[0]], [shape[0]]], f: (a, b) => a.dot(b) })],
  mv: [1, ({ shape }) => ({ shapes: [[2, shape[0]], [shape[0]]], f: (a, b) => a.mv(b) })],
  mm: [1, ({ shape }) => ({ shapes: [[2, shape[0]], [shape[0], 3]], f: (a, b) => a.mm(b) })],
  bmm: [1, ({ shape }) => ({ shapes: [[2, 2, shape[0]], [2, shape[0], 3]], f: (a, b) => a.bmm(b) })],
  einsum: [1, ({ shape: [n] }) => ({
    shapes: [[2, n], [n, n, 3], [2, 3]],
    f: (a, b, c) => pt.einsum("bn,nnm,bm->bm", a, b, c),
  })],
  tensordot: [1, ({ shape: [n] }) => ({
    shapes: [[n, 2, 3], [3, n, 2]],
    f: (a, b) => pt.tensordot(a, b, [[2, 0], [0, 1]]),
  })],
  inverse: [1, ofSquares((a) => a.inverse())],
  solve: [1, ofSquares(pt.linalg.solve, 4)],
  det: [1, ofSquares((a) => a.det())],
  slogdet: [1, ofSquares((a) => a.slogdet().logabsdet)],
  logdet: [1, ofSquares((a) => a.matmul(a).logdet())],
  matmul: [2, ({ shape: [m, n], pick }) => {
    const pairs = [
      [[m, n], [n, 2]], [[n], [n, 2]], [[m, n], [n]], [[n], [n]],
      [[2, m, n], [n, 2]], [[m, n], [2, n, 3]], [[2, 1, m, n], [3, n, 2]],
    ];
    return { shapes: pairs[pick(pairs.length)], f: (a, b) => a.matmul(b) };
  }],
};

function check(make: Make, draw: Drawn): void {
  const { shapes, f, start = (x) => x, eps = 1e-5 } = make(draw);
  const xs = shapes.map((shape, i) => start(scattered(shape, draw.seed + i)));
  pt.gradcheck(f, xs, { eps, atol: 1e-6, rtol: 1e-4 });
  // Where nothing was chosen there is nothing to differentiate.
  if (f(...xs).numel() > 0) pt.gradgradcheck(f, xs, undefined, { eps, atol: 1e-5, rtol: 1e-4 });
}

/** The names of the operations on record whose pullback is taken while `f` runs. */
function takenIn(f: () => void): Set<string> {
  const taken = new Set<string>();
  const node = OpNode.prototype as { pullback(g: pt.Tensor): unknown };
  const { pullback } = node;
  node.pullback = function (this: { op: Op<unknown> }, g) {
    taken.add(this.op.name);
    return pullback.call(this, g);
  };
  try {
    f();
  } finally {
    node.pullback = pullback;
  }
  return taken;
}

const dist = join(__dirname, "..", "..", "kernel-lib", "dist");

const modulesOfOps = (): string[] =>
  readdirSync(join(dist, "ops"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => join(dist, "ops", file));

/**
 * The names of all operations on record that have a pullback. Modules keep the records to themselves, so they are
 * loaded a second time, apart from the library under test, with a class that says what is made of it.
 */
function recorded(): string[] {
  const load = createRequire(join(dist, "index.js"));
  const before = Object.entries(load.cache).filter(([file]) => file.startsWith(dist));
  const forget = (): void => {
    for (const file of Object.keys(load.cache)) if (file.startsWith(dist)) Reflect.deleteProperty(load.cache, file);
  };
  const names: string[] = [];
  forget();
  try {
    const nodes = load("./ops/nodes") as { Op: new (structure: Structure<unknown>) => object };
    nodes.Op = class extends nodes.Op {
      constructor(structure: Structure<unknown>) {
        super(structure);
        if (structure.pullback) names.push(structure.name);
      }
    };
    modulesOfOps().forEach((file) => load(file));
  } finally {
    forget();
    before.forEach(([file, module]) => (load.cache[file] = module));
  }
  return names;
}

describe("gradients and second gradients of structural operations", () => {
  for (const [name, [least, make]] of Object.entries(operations)) {
    it(name, () => {
      on("host", () => fc.assert(fc.property(drawn(least), (draw) => check(make, draw)), { numRuns: 15 }));
    });
  }

  it("leave none of them out", () => {
    const taken = takenIn(() => on("host", () => {
      for (const [least, make] of Object.values(operations))
        fc.sample(drawn(least), { numRuns: 3, seed: 1 }).forEach((draw) => check(make, draw));
    }));
    const all = recorded();
    assert.ok(all.length > 30 && new Set(all).size === all.length, `distinct names: ${all.sort().join(", ")}`);
    const left = all.filter((name) => !taken.has(name));
    assert.deepEqual(left, [], "operations with a pullback of which no sample above takes it");
  });
});
