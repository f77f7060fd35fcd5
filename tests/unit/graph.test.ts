// What users hang into the graph: hooks, functions, checkpoints; inference mode, anomalies, functional, checks.
import assert from "node:assert/strict";
import * as pt from "torchlab";

const { float64 } = pt;
const leaf = (values: number[]): pt.Tensor => pt.tensor(values, { dtype: float64, requiresGrad: true });
const plain = (values: number[]): pt.Tensor => pt.tensor(values, { dtype: float64 });

describe("hooks", () => {
  it("see the whole gradient, once, before it goes on, and may replace it", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const seen: number[][] = [];
    y.registerHook((g) => {
      seen.push(g.toArray());
      return g.mul(10);
    });
    y.mul(2).add(y).sum().backward();
    assert.deepEqual(seen, [[3, 3]]);
    assert.deepEqual(x.grad?.toArray(), [90, 90]);
  });

  it("on a leaf come before its grad, on the result before all", () => {
    const x = leaf([1]);
    x.registerHook((g) => g.neg());
    const y = x.mul(2);
    y.registerHook((g) => g.mul(5));
    y.backward();
    y.detach();
    assert.equal(x.grad?.item(), -10);
  });

  it("may keep what they see: it is never changed, and no leaf's own", () => {
    const [x, z] = [leaf([1, 2]), leaf([3, 4])];
    const kept: pt.Tensor[] = [];
    const hook = (g: pt.Tensor): void => void kept.push(g);
    x.registerHook(hook);
    z.registerHook(hook);
    const y = x.mul(2);
    y.registerHook(hook);
    const s = y.add(z);
    s.registerHook(hook);
    s.mul(3).add(y.mul(4)).add(x).sum().backward({ retainGraph: true });
    const values = (): number[][] => kept.map((g) => g.toArray());
    const before = values();
    assert.deepEqual(before, [[3, 3], [7, 7], [3, 3], [15, 15]]);
    x.grad!.mul_(100);
    z.grad!.mul_(100);
    y.sum().backward();
    assert.deepEqual(values().slice(0, 4), before);
  });

  it("may keep what they return, which no sweep changes", () => {
    const x = leaf([1, 2]);
    const own = plain([5, 7]);
    const y = x.mul(1);
    y.registerHook(() => own);
    const made: pt.Tensor[] = [];
    x.registerHook((g) => {
      made.push(g.mul(2));
      return made[0];
    });
    y.add(x).sum().backward();
    x.grad!.zero_();
    assert.deepEqual([own.toArray(), made[0].toArray()], [[5, 7], [12, 16]]);
  });

  it("are handed a tensor with the type of their own, where a number stands for the gradient", () => {
    const x = pt.tensor(2, { requiresGrad: true });
    const types: string[] = [];
    x.registerHook((g) => void types.push(g.dtype, g.mul(pt.ones(1)).dtype));
    x.mul(3).backward();
    assert.deepEqual(types, ["float32", "float32"]);
  });

  it("are gone once removed, also from within", () => {
    const x = leaf([1]);
    let calls = 0;
    const handle = x.registerHook(() => {
      calls++;
      handle.remove();
    });
    x.registerHook(() => void calls++);
    for (let i = 0; i < 2; i++) x.mul(1).backward();
    handle.remove();
    assert.equal(calls, 3);
  });

  it("work with pt.grad, where they replace what is returned, and are not called off its way", () => {
    const [x, z] = [leaf([2]), leaf([3])];
    const y = x.mul(x);
    let off = 0;
    y.registerHook((g) => g.mul(2));
    z.registerHook(() => void off++);
    assert.equal(pt.grad(y.mul(z), x)[0].item(), 24);
    assert.equal(pt.grad(y.mul(z), y)[0].item(), 6);
    assert.equal(off, 0);
  });

  it("are differentiated with the rest", () => {
    const x = leaf([2]);
    const y = x.mul(x);
    y.registerHook((g) => g.mul(x));
    const [g] = pt.grad(y, x, { createGraph: true });
    assert.equal(g.item(), 8);
    assert.equal(pt.grad(g, x)[0].item(), 8);
  });

  it("stay with the step that they were registered on when the tensor is changed in place", () => {
    const x = leaf([2]);
    const y = x.mul(3);
    const seen: number[] = [];
    y.registerHook((g) => void seen.push(g.item()));
    y.mul_(10);
    y.registerHook((g) => void seen.push(g.item()));
    y.backward();
    assert.deepEqual(seen, [1, 10]);
  });

  it("may run backward themselves", () => {
    const [x, w] = [leaf([2]), leaf([3])];
    const y = x.mul(x);
    y.registerHook((g) => {
      pt.enableGrad(() => w.mul(g)).backward();
    });
    y.mul(4).backward();
    assert.deepEqual([x.grad?.item(), w.grad?.item()], [16, 4]);
  });

  it("after accumulation can step and forget a gradient while backward goes on", () => {
    const w = leaf([1, 2]);
    w.registerPostAccumulateGradHook((p) => {
      pt.noGrad(() => p.sub_(p.grad!));
      p.grad = null;
    });
    w.mul(3).sum().backward();
    assert.deepEqual([w.toArray(), w.grad], [[-2, -1], null]);
  });
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

describe("functions of one's own", () => {
  it("are a step of the graph, to any order", () => {
    const x = leaf([0, 1]);
    const y = Exp.apply(x);
    assert.deepEqual([y.gradFn?.name, y.isLeaf, y.requiresGrad], ["ExpBackward", false, true]);
    assert.match(String(y), /grad_fn=<ExpBackward>/);
    assert.ok(pt.gradcheck((v: pt.Tensor) => Exp.apply(v), [x]));
    assert.ok(pt.gradgradcheck((v: pt.Tensor) => Exp.apply(v).mul(v), [x]));
    assert.equal(Exp.apply(plain([0])).requiresGrad, false);
    assert.equal(pt.noGrad(() => Exp.apply(x)).requiresGrad, false);
  });

  it("do not record forward, and know what needs a gradient", () => {
    const seen: unknown[] = [];
    class Probe extends pt.autograd.Function {
      static forward(ctx: pt.autograd.FunctionCtx, a: pt.Tensor, b: pt.Tensor, n: number): pt.Tensor {
        seen.push(pt.isGradEnabled(), ctx.needsInputGrad);
        return a.mul(b).mul(n);
      }

      static backward(ctx: pt.autograd.FunctionCtx, g: pt.Tensor): (pt.Tensor | null)[] {
        seen.push(pt.isGradEnabled(), ctx.needsInputGrad);
        return [null, g, null];
      }
    }
    const b = leaf([2]);
    Probe.apply(plain([1]), b, 3).backward();
    assert.deepEqual(seen, [false, [false, true, false], false, [false, true, false]]);
    assert.equal(b.grad?.item(), 1);
  });

  it("give zeros for results that nobody used, or null where asked to", () => {
    for (const materialize of [true, false]) {
      const given: unknown[] = [];
      class Two extends pt.autograd.Function {
        static forward(ctx: pt.autograd.FunctionCtx, x: pt.Tensor): [pt.Tensor, pt.Tensor, pt.Tensor] {
          ctx.setMaterializeGrads(materialize);
          const sign = x.sign();
          ctx.markNonDifferentiable(sign);
          return [x.mul(2), x.mul(3), sign];
        }

        static backward(_ctx: pt.autograd.FunctionCtx, ...gradients: (pt.Tensor | null)[]): pt.Tensor | null {
          given.push(...gradients.map((g) => g?.toArray() ?? null));
          return gradients[0];
        }
      }
      const x = leaf([5]);
      const [a, b, sign] = Two.apply(x);
      assert.deepEqual([a, b, sign].map((y) => y.requiresGrad), [true, true, false]);
      a.mul(7).backward();
      assert.deepEqual(given, materialize ? [[7], [0], [0]] : [[7], null, null]);
      assert.equal(x.grad?.item(), 7);
    }
  });

  it("may return their operand, and gradients that broadcasting has widened or of another type", () => {
    class Same extends pt.autograd.Function {
      static forward(_ctx: pt.autograd.FunctionCtx, x: pt.Tensor): pt.Tensor {
        return x;
      }

      static backward(): pt.Tensor {
        return pt.ones(4, 2);
      }
    }
    const x = leaf([1, 2]);
    const y = Same.apply(x);
    assert.notEqual(y, x);
    assert.deepEqual([x.isLeaf, y.gradFn?.name], [true, "SameBackward"]);
    y.sum().backward();
    assert.deepEqual([x.grad?.toArray(), x.grad?.dtype], [[4, 4], "float64"]);
  });

  it("may keep the gradients that pass through them", () => {
    const kept: pt.Tensor[] = [];
    class Keeping extends pt.autograd.Function {
      static forward(_ctx: pt.autograd.FunctionCtx, x: pt.Tensor): pt.Tensor {
        return x.mul(2);
      }

      static backward(_ctx: pt.autograd.FunctionCtx, g: pt.Tensor): pt.Tensor {
        const result = g.mul(2);
        kept.push(g, result);
        return result;
      }
    }
    const x = leaf([1, 2]);
    Keeping.apply(x).mul(3).add(x).sum().backward();
    x.grad!.zero_();
    assert.deepEqual(kept.map((g) => g.toArray()), [[3, 3], [6, 6]]);
  });

  it("meet hooks, pt.grad and retainGrad on each of several results", () => {
    class Split extends pt.autograd.Function {
      static forward(_ctx: pt.autograd.FunctionCtx, x: pt.Tensor): [pt.Tensor, pt.Tensor] {
        return [x.mul(2), x.mul(3)];
      }

      static backward(_ctx: pt.autograd.FunctionCtx, g: pt.Tensor, h: pt.Tensor): pt.Tensor {
        return g.mul(2).add(h.mul(3));
      }
    }
    const x = leaf([1]);
    const [a, b] = Split.apply(x);
    a.registerHook((g) => g.mul(10));
    b.retainGrad();
    const total = a.mul(b);
    assert.deepEqual(pt.grad(total, [a, b], { retainGraph: true }).map((g) => g.item()), [30, 2]);
    total.backward();
    assert.deepEqual([x.grad?.item(), b.grad?.item()], [66, 2]);
    assert.deepEqual(a.gradFn?.nextFunctions.map((f) => f?.name), ["AccumulateGrad"]);
  });
});

describe("inferenceMode", () => {
  it("records nothing, and marks what is made in it", () => {
    const w = leaf([2]);
    const [y, view, inner] = pt.inferenceMode(() => {
      assert.deepEqual([pt.isInferenceModeEnabled(), pt.isGradEnabled()], [true, false]);
      return [w.mul(2), w.reshape(1, 1), pt.enableGrad(() => w.mul(2))];
    });
    assert.deepEqual([y.requiresGrad, inner.requiresGrad], [false, false]);
    assert.deepEqual([y.isInference(), view.isInference(), w.isInference()], [true, false, false]);
    assert.equal(pt.isInferenceModeEnabled(), false);
    assert.equal(w.mul(2).requiresGrad, true);
  });

  it("lets its tensors into what needs none of their elements, and clones into all", () => {
    const w = leaf([2]);
    const y = pt.inferenceMode(() => plain([3]).mul(1));
    w.add(y).backward();
    assert.throws(() => w.mul(y), /Inference tensors cannot be saved for backward/);
    w.mul(y.clone()).backward();
    assert.equal(w.grad?.item(), 4);
  });

  it("leaves no mark on numbers that operations remember", () => {
    const x = leaf([2]);
    pt.inferenceMode(() => plain([3]).pow(1.75).mul(1.75));
    x.pow(1.75).mul(1.75).backward();
    assert.ok(x.grad!.item() > 0);
  });

  it("ends with an error", () => {
    assert.throws(() => pt.inferenceMode(() => assert.fail("mine")), /mine/);
    assert.deepEqual([pt.isInferenceModeEnabled(), pt.isGradEnabled()], [false, true]);
  });
});

describe("setGradEnabled", () => {
  it("records as it is told", () => {
    const w = leaf([1]);
    assert.deepEqual([true, false].map((on) => pt.setGradEnabled(on, () => w.mul(2)).requiresGrad), [true, false]);
  });
});

describe("detectAnomaly", () => {
  const thrown = (f: () => unknown): Error & { cause?: Error } => {
    try {
      f();
    } catch (error) {
      return error as Error & { cause?: Error };
    }
    return assert.fail("nothing was thrown");
  };

  function nanAtLog(x: pt.Tensor): pt.Tensor {
    return x.mul(0).log().mul(0).sum();
  }

  it("names the operation that made a NaN, and where it was called", () => {
    const error = thrown(() => pt.autograd.detectAnomaly(() => nanAtLog(leaf([1])).backward()));
    assert.equal(error.message, "Function 'LogBackward0' returned nan values in its 0th output.");
    assert.match(error.cause?.stack ?? "", /nanAtLog \(.*graph\.test\.ts/);
  });

  it("says where the call was of any error in backward", () => {
    const error = thrown(() =>
      pt.autograd.detectAnomaly(() => {
        const u = leaf([2]).mul(1);
        const y = (function squareOfU() {
          return u.mul(u);
        })();
        u.add_(1);
        y.backward();
      }),
    );
    assert.match(error.message, /modified by an inplace operation.*the cause of this error shows the operation/);
    assert.match(error.cause?.stack ?? "", /squareOfU/);
  });

  it("is on only within, or until it is set again", () => {
    nanAtLog(leaf([1])).backward();
    const y = nanAtLog(leaf([1]));
    assert.match(thrown(() => pt.autograd.detectAnomaly(() => y.backward())).message, /No forward pass information/);
    pt.autograd.setDetectAnomaly(true, { checkNan: false });
    nanAtLog(leaf([1])).backward();
    pt.autograd.setDetectAnomaly(true);
    assert.throws(() => nanAtLog(leaf([1])).backward(), /returned nan/);
    pt.autograd.setDetectAnomaly(false);
    nanAtLog(leaf([1])).backward();
  });

  it("does not mind NaN where nobody needs the gradient", () => {
    const [x, nan] = [leaf([2]), plain([NaN])];
    pt.autograd.detectAnomaly(() => x.mul(2).add(nan).sum().backward());
    assert.equal(x.grad?.item(), 2);
  });

  it("names functions of one's own", () => {
    class Broken extends pt.autograd.Function {
      static forward(_ctx: pt.autograd.FunctionCtx, x: pt.Tensor): pt.Tensor {
        return x.mul(1);
      }

      static backward(_ctx: pt.autograd.FunctionCtx, g: pt.Tensor): pt.Tensor {
        return g.mul(NaN);
      }
    }
    assert.throws(
      () => pt.autograd.detectAnomaly(() => Broken.apply(leaf([1])).backward()),
      /Function 'BrokenBackward' returned nan values in its 0th output/,
    );
  });
});

describe("checkpoint", () => {
  const { checkpoint } = pt.utils.checkpoint;
  const block = (x: pt.Tensor, w: pt.Tensor): pt.Tensor => x.mul(w).exp().mul(w).tanh();

  it("gives the gradients that there are without it, also to what the function has captured", () => {
    const run = (apply: (f: (x: pt.Tensor) => pt.Tensor, x: pt.Tensor) => pt.Tensor): unknown[] => {
      const [x, w] = [leaf([0.5, -1]), leaf([0.25, 2])];
      const y = apply((v) => block(v, w), x.mul(2));
      y.mul(y).sum().backward();
      return [y.toArray(), x.grad?.toArray(), w.grad?.toArray()];
    };
    assert.deepEqual(run((f, x) => checkpoint(f, x)), run((f, x) => f(x)));
  });

  it("computes again in backward, once, and only there", () => {
    let calls = 0;
    const x = leaf([1, 2]);
    const y = checkpoint((v: pt.Tensor) => {
      calls++;
      return v.exp().pow(3);
    }, x);
    assert.equal(calls, 1);
    y.sum().backward();
    assert.equal(calls, 2);
    pt.noGrad(() => checkpoint(() => calls++));
    assert.equal(calls, 3);
  });

  it("works with pt.grad, second gradients, a graph that is kept, and in-place steps within", () => {
    const w = leaf([0.5, 2]);
    const f = (x: pt.Tensor): pt.Tensor => checkpoint(block, x, w);
    assert.ok(pt.gradcheck(f, [plain([0.5, -0.25])]));
    assert.ok(pt.gradgradcheck(f, [plain([0.5, -0.25])]));
    const inPlace = (x: pt.Tensor): pt.Tensor => checkpoint((v: pt.Tensor) => v.mul(2).mul_(v).exp_().mul(v), x);
    assert.ok(pt.gradgradcheck(inPlace, [plain([0.5, -0.25])]));
    const y = f(leaf([1, 2])).sum();
    y.backward({ retainGraph: true });
    const once = w.grad!.toArray();
    y.backward();
    assert.deepEqual(w.grad!.toArray(), once.map((g) => 2 * g));
    assert.throws(() => y.backward(), /a second time/);
  });

  it("passes through what is no tensor, and functions of one's own", () => {
    const x = leaf([1, 2]);
    const [y, n] = checkpoint((v: pt.Tensor, factor: number) => [Exp.apply(v).mul(factor), factor] as const, x, 3);
    assert.equal(n, 3);
    y.sum().backward();
    assert.deepEqual(x.grad?.toArray(), [3 * Math.E, 3 * Math.exp(2)]);
  });
});

describe("pt.func", () => {
  const cube = (x: pt.Tensor): pt.Tensor => x.pow(3).sum();

  it("gives gradients of functions, of gradients, and values with them", () => {
    const x = plain([2]);
    assert.equal(pt.func.grad(cube)(x).item(), 12);
    assert.equal(pt.func.grad((v: pt.Tensor) => pt.func.grad(cube)(v).sum())(x).item(), 12);
    assert.deepEqual(pt.func.valueAndGrad(cube)(x).map((r) => r.item()), [8, 12]);
    assert.deepEqual(pt.func.gradAndValue(cube)(x).map((r) => r.item()), [12, 8]);
    assert.equal(x.requiresGrad, false);
  });

  it("by chosen operands, others of any kind", () => {
    const f = (a: pt.Tensor, b: pt.Tensor, n: number): pt.Tensor => a.mul(b).mul(n).sum();
    const [a, b] = [plain([2]), plain([5])];
    assert.equal(pt.func.grad(f, { argnums: 1 })(a, b, 3).item(), 6);
    const both: pt.Tensor[] = pt.func.grad(f, { argnums: [0, 1] })(a, b, 3);
    assert.deepEqual(both.map((g) => g.item()), [15, 6]);
  });

  it("leaves grad alone, and is differentiable where an operand needs it", () => {
    const w = leaf([2]);
    const g = pt.func.grad(cube)(w);
    assert.equal(w.grad, null);
    g.sum().backward();
    assert.equal(w.grad!.item(), 12);
  });
});

describe("pt.autograd.functional", () => {
  const F = pt.autograd.functional;

  it("has results without a history, or with one where asked for", () => {
    const x = leaf([1, 2]);
    assert.equal(F.jacobian((v) => v.pow(2), x).requiresGrad, false);
    const J = F.jacobian((v) => v.pow(3), x, { createGraph: true });
    J.sum().backward();
    assert.deepEqual(x.grad?.toArray(), [6, 12]);
    assert.equal(F.vjp((v) => v.sum(), plain([1, 2]))[0].requiresGrad, false);
  });

  it("tells inputs from the same tensors captured", () => {
    const x = leaf([3]);
    assert.equal(F.vjp((v) => v.mul(x), x)[1].item(), 3);
  });

  it("takes outputs that depend on nothing for zeros", () => {
    assert.deepEqual(F.jacobian(() => pt.ones(1, { dtype: float64 }), plain([1, 2])).toArray(), [[0, 0]]);
    assert.deepEqual(F.jvp(() => plain([1, 1]), plain([1]))[1].toArray(), [0, 0]);
    assert.deepEqual(F.hessian((v) => v.sum(), plain([1, 2])).toArray(), [[0, 0], [0, 0]]);
    assert.deepEqual(F.jacobian((v) => v.at(pt.slice(0, 0)), plain([1, 2])).shape, [0, 2]);
  });

  it("works under noGrad", () => {
    assert.deepEqual(pt.noGrad(() => F.jacobian((v) => v.pow(2).sum(), plain([1, 2]))).toArray(), [2, 4]);
  });
});

describe("gradcheck and gradgradcheck", () => {
  class Wrong extends pt.autograd.Function {
    static forward(ctx: pt.autograd.FunctionCtx, x: pt.Tensor): pt.Tensor {
      ctx.saveForBackward(x);
      return x.mul(x);
    }

    // Right once; but the second gradient does not see that the saved value is x.
    static backward(ctx: pt.autograd.FunctionCtx, g: pt.Tensor): pt.Tensor {
      return g.mul(ctx.savedTensors[0].detach()).mul(2);
    }
  }

  it("the second finds what the first cannot", () => {
    const x = plain([0.5, 2]);
    assert.ok(pt.gradcheck((v: pt.Tensor) => Wrong.apply(v), [x]));
    assert.throws(() => pt.gradgradcheck((v: pt.Tensor) => Wrong.apply(v), [x]), /numerical.*analytical/);
    assert.equal(pt.gradgradcheck((v: pt.Tensor) => Wrong.apply(v), [x], undefined, { raiseException: false }), false);
  });

  it("take several results, constants, integers, and gradients of one's own", () => {
    const [x, index] = [plain([0.5, 2]), pt.tensor([1, 0])];
    assert.ok(pt.gradcheck((v: pt.Tensor, i: pt.Tensor) => [v.exp(), v.at(i).pow(2), plain([1])], [x, index]));
    assert.ok(pt.gradgradcheck((v: pt.Tensor, i: pt.Tensor) => [v.exp(), v.at(i).pow(2)], [x, index]));
    assert.ok(pt.gradgradcheck((v: pt.Tensor) => v.mul(2), [x]));
    assert.ok(pt.gradgradcheck((v: pt.Tensor) => v.pow(3), [x], plain([1, -2])));
  });

  it("the second leaves the stream of random numbers alone", () => {
    pt.manualSeed(1);
    const expected = pt.rand(1).item();
    pt.manualSeed(1);
    pt.gradgradcheck((v: pt.Tensor) => v.pow(3), [plain([1])]);
    assert.equal(pt.rand(1).item(), expected);
  });

  it("work on Scalars", () => {
    const f = (a: pt.Scalar, b: pt.Scalar): pt.Scalar => a.pow(3).mul(b.exp());
    assert.ok(pt.gradgradcheck(f, [new pt.Scalar(2), new pt.Scalar(0.5)]));
  });

  it("have PyTorch's tolerances", () => {
    const off = (v: pt.Tensor): pt.Tensor => v.mul(v.detach().mul(1e-4).add(1));
    assert.ok(pt.gradcheck(off, [plain([1])]));
    assert.equal(pt.gradcheck(off, [plain([1])], { rtol: 0, atol: 1e-6, raiseException: false }), false);
  });
});
