// What is done with the graph against PyTorch: orders of gradients, hooks, one's own functions, checkpoints, Jacobians.
// Imports the library and golden.ts.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { toTensor } from "./cases";
import { type GoldenTensor, load } from "./golden";

type Listed = GoldenTensor | Listed[];

interface Golden {
  orders: { f: string; x: GoldenTensor; orders: GoldenTensor[] }[];
  functional: { call: string; f: string; inputs: Listed; v?: Listed; result: Listed }[];
  hooks: { how: string; log: [string, ...number[]][]; x?: GoldenTensor; y?: GoldenTensor }[];
  customs: { f: string; gradFn: string; result: GoldenTensor; grads: GoldenTensor[]; second: Listed }[];
  checkpoints: ({ nested: boolean } & Record<"y" | "between" | "after" | "x" | "w", GoldenTensor>)[];
}

const golden = load<Golden>("graph");
const { float64 } = pt;
const X = [0.5, -1.25, 2];
const Y = [1.5, 0.25, -0.75];
const leaf = (values: number[]): pt.Tensor => pt.tensor(values, { dtype: float64, requiresGrad: true });

/** Tensors as the file lists them: all numbers within 1e-12 of the greatest, shapes and types equal. */
function check(own: unknown, expected: Listed, where: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(own), `${where}: expected a list`);
    assert.equal(own.length, expected.length, where);
    expected.forEach((item, i) => check(own[i], item, `${where}[${i}]`));
    return;
  }
  assert.ok(own instanceof pt.Tensor, `${where}: expected a tensor`);
  assert.deepEqual([own.dtype, own.shape], [expected.dtype, expected.shape], where);
  const wanted = toTensor(expected);
  const scale = Math.max(1, ...wanted.flatten().abs().toArray());
  pt.assertClose(own.detach(), wanted, { rtol: 0, atol: 1e-12 * scale });
}

const tensorsOf = (listed: Listed): pt.Tensor | pt.Tensor[] =>
  Array.isArray(listed) ? listed.map((item) => tensorsOf(item) as pt.Tensor) : toTensor(listed);

describe("gradients of gradients as PyTorch computes them", () => {
  const functions: Record<string, (x: pt.Tensor) => pt.Tensor> = {
    tanh: (x) => x.tanh().sum(),
    "exp of a square": (x) => x.mul(x).exp().sum(),
    power: (x) => x.pow(5).sum(),
  };
  for (const { f, x, orders } of golden.orders) {
    it(`${f}, to the fourth order`, () => {
      const input = toTensor(x).requiresGrad_();
      let g = functions[f](input);
      orders.forEach((expected, order) => {
        [g] = pt.grad(g.sum(), [input], { createGraph: true });
        check(g, expected, `order ${order + 1}`);
      });
    });
  }
});

describe("pt.autograd.functional as in PyTorch", () => {
  const functions: Record<string, (...inputs: pt.Tensor[]) => pt.Tensor | pt.Tensor[]> = {
    cube: (x) => x.pow(3),
    softplus: (x) => x.exp().add(1).log(),
    product: (a, b) => a.mul(b).tanh(),
    pair: (a, b) => [a.mul(b), a.exp().sum()],
    quartic: (x) => x.pow(4).sum(),
    energy: (x) => x.mul(x.tanh()).sum().exp(),
    linear: (x) => x.mul(3).sum(),
    coupled: (a, b) => a.mul(b).exp().sum().add(a.sum().mul(b.sum())),
  };
  const calls = pt.autograd.functional as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const { call, f, inputs, v, result } of golden.functional) {
    it(`${call} of ${f}`, () => {
      const args = [functions[f], tensorsOf(inputs), ...(v ? [tensorsOf(v)] : [])];
      check(calls[call](...args), result, call);
      // With createGraph the numbers are the same, and inputs that require gradients lie below them.
      const leaves = [tensorsOf(inputs)].flat().map((x) => x.requiresGrad_());
      const given = Array.isArray(inputs) ? leaves : leaves[0];
      const vector = v ? [tensorsOf(v)] : [];
      check(calls[call](functions[f], given, ...vector, { createGraph: true }), result, `${call} with createGraph`);
    });
  }
});

describe("hooks as PyTorch calls them", () => {
  for (const { how, log: expected, ...gradients } of golden.hooks) {
    it(how, () => {
      const log: [string, ...number[]][] = [];
      const see = (name: string, replace?: (g: pt.Tensor) => pt.Tensor) => (g: pt.Tensor) => {
        log.push([name, ...g.toArray()]);
        return replace?.(g);
      };
      const x = leaf([3, -1]);
      const y = x.mul(2);
      y.registerHook(see("y first", (g) => g.mul(2)));
      y.retainGrad();
      const removed = y.registerHook(see("removed"));
      y.registerHook(see("y second", (g) => g.add(1)));
      removed.remove();
      x.registerHook(see("x", (g) => g.mul(10)));
      x.registerPostAccumulateGradHook((p) => void see("after x")(p.grad!));
      const z = y.mul(y);
      z.registerHook(see("z"));
      const total = z.sum().add(y.mul(3).sum());
      const found: Partial<Record<"x" | "y", pt.Tensor | null>> = {};
      if (how === "backward") {
        total.backward();
        Object.assign(found, { x: x.grad, y: y.grad });
      } else if (how === "grad of x") [found.x] = pt.grad(total, x);
      else [found.y] = pt.grad(total, y);
      assert.deepEqual(log, expected);
      for (const name of ["x", "y"] as const) if (gradients[name]) check(found[name], gradients[name], name);
    });
  }
});

class Exp extends pt.autograd.Function {
  static forward(ctx: pt.autograd.FunctionCtx, x: pt.Tensor): pt.Tensor {
    const y = x.exp();
    ctx.saveForBackward(y);
    return y;
  }

  static backward(ctx: pt.autograd.FunctionCtx, g: pt.Tensor): pt.Tensor {
    return g.mul(ctx.savedTensors[0]);
  }
}

interface Factor extends pt.autograd.FunctionCtx {
  n: number;
}

class ProductAndSum extends pt.autograd.Function {
  static forward(ctx: Factor, a: pt.Tensor, b: pt.Tensor, n: number): [pt.Tensor, pt.Tensor] {
    ctx.saveForBackward(a, b);
    ctx.n = n;
    return [a.mul(b).mul(n), a.add(b)];
  }

  static backward(ctx: Factor, g: pt.Tensor, h: pt.Tensor): (pt.Tensor | null)[] {
    const [a, b] = ctx.savedTensors;
    return [g.mul(b).mul(ctx.n).add(h), g.mul(a).mul(ctx.n).add(h), null];
  }
}

describe("functions of one's own as in PyTorch", () => {
  const totals: Record<string, (p: pt.Tensor, s: pt.Tensor) => pt.Tensor> = {
    both: (p, s) => p.mul(p).sum().add(s.exp().sum()),
    product: (p) => p.exp().sum(),
    sum: (_, s) => s.pow(3).sum(),
  };
  for (const { f, gradFn, result, grads, second } of golden.customs) {
    it(f, () => {
      if (f === "exp") {
        const x = leaf(X);
        const y = Exp.apply(x.mul(2));
        assert.equal(y.gradFn?.name, gradFn);
        check(y, result, "result");
        const first = pt.grad(y.mul(y).sum(), [x], { createGraph: true });
        check(first, grads, "first");
        check(pt.grad(first[0].sum(), [x]), second, "second");
        return;
      }
      const [a, b] = [leaf(X), leaf(Y)];
      const [p, s] = ProductAndSum.apply(a, b, 3);
      assert.equal(p.gradFn?.name, gradFn);
      check(p, result, "result");
      const first = pt.grad(totals[f](p, s), [a, b], { createGraph: true });
      check(first, grads, "first");
      check(pt.grad(first[0].sum().add(first[1].sum()), [a, b]), second, "second");
    });
  }
});

describe("checkpoints as in PyTorch", () => {
  const block = (x: pt.Tensor, w: pt.Tensor): pt.Tensor => x.mul(w).exp().mul(pt.rand(3, { dtype: float64 })).pow(2);
  for (const expected of golden.checkpoints) {
    it(`draw the same numbers again, and leave the stream alone${expected.nested ? ", also one in another" : ""}`, () => {
      const { checkpoint } = pt.utils.checkpoint;
      pt.manualSeed(5);
      const [x, w] = [leaf(X), leaf(Y)];
      const inner = (a: pt.Tensor): pt.Tensor => (expected.nested ? checkpoint(block, a, w) : block(a, w));
      const y = checkpoint(inner, x);
      check(y, expected.y, "y");
      check(pt.rand(1, { dtype: float64 }), expected.between, "between");
      y.sum().backward();
      check(pt.rand(1, { dtype: float64 }), expected.after, "after");
      check(x.grad, expected.x, "x");
      check(w.grad, expected.w, "w");
    });
  }
});
