// What pt.profile counts: each operation and step of backward once, its own time, the bytes that are new.
// Imports the library.
import assert from "node:assert/strict";
import * as pt from "torchlab";

const counts = ({ rows }: pt.Profile, field: "calls" | "bytes"): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [row.name, row[field]]));

/** `f` while computation stays on the host, whatever is measured to be worth it. */
const onHost = <R>(f: () => R): R => {
  pt.setEngine("host");
  try {
    return f();
  } finally {
    pt.setEngine("auto");
  }
};

describe("pt.profile", () => {
  const X = pt.ones(64, 32);
  const y = pt.zeros(64);

  function step() {
    const w = pt.full([32], 0.1).requiresGrad_();
    const optimizer = new pt.optim.SGD([w], { lr: 0.1 });
    return () => {
      const loss = X.matmul(w).sub(y).pow(2).mean();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    };
  }

  it("counts forward, backward and the optimizer's step", () => {
    const train = step();
    const profile = onHost(() => pt.profile(train));
    const calls = counts(profile, "calls");
    for (const name of ["sub", "pow", "mean", "MeanBackward0", "PowBackward0", "SubBackward0", "MvBackward0"])
      assert.equal(calls[name], 1, name);
    // Forward, and for the gradient of w.
    assert.equal(calls.matmul, 2);
    assert.equal(profile.result.numel(), 1);
    assert.ok(Object.keys(calls).some((name) => name.endsWith("_")), "the step writes in place");
  });

  it("gives the bytes of what is made, and none for what is written in place or shared", () => {
    const x = pt.ones(100).requiresGrad_();
    const double = pt.ones(100, { dtype: "float64" });
    const bytes = onHost(() => counts(pt.profile(() => {
      x.mul(2).reshape(10, 10).t().gt(0);
      double.exp_();
      double.add(1);
      pt.tensor([1, 2]).add(1);
    }), "bytes"));
    assert.deepEqual(bytes, { mul: 400, reshape: 0, permute: 400, gt: 100, exp_: 0, add: 816 });
  });

  it("gives times of their own, which add up to no more than all", () => {
    const { rows, time } = pt.profile(step());
    assert.ok(rows.every((row) => row.time >= 0 && Number.isFinite(row.time)));
    assert.ok(rows.reduce((sum, row) => sum + row.time, 0) <= time);
    assert.deepEqual(rows.map((row) => row.time), rows.map((row) => row.time).sort((a, b) => b - a));
  });

  it("changes no result, and sees nothing afterwards", () => {
    const [plain, measured] = [step(), step()];
    const profile = pt.profile(measured);
    const before = counts(profile, "calls");
    assert.equal(profile.result.item(), plain().item());
    assert.equal(measured().item(), plain().item());
    assert.deepEqual(counts(profile, "calls"), before);
  });

  it("sees custom functions, and goes with detectAnomaly", () => {
    class Twice extends pt.autograd.Function {
      static forward(_ctx: pt.autograd.FunctionCtx, x: pt.Tensor): pt.Tensor {
        return x.mul(2);
      }
      static backward(_ctx: pt.autograd.FunctionCtx, g: pt.Tensor): pt.Tensor {
        return g.mul(2);
      }
    }
    const x = pt.tensor([0.5]).requiresGrad_();
    const calls = counts(pt.profile(() => Twice.apply(x).sum().backward()), "calls");
    assert.equal(calls.TwiceBackward, 1);
    assert.equal(calls.mul, 2);
    const zero = pt.zeros(1).requiresGrad_();
    const lost = () => pt.profile(() => zero.sqrt().mul(0).sum().backward());
    assert.throws(() => pt.autograd.detectAnomaly(lost), /SqrtBackward0.* returned nan/);
    pt.profile(() => pt.autograd.detectAnomaly(() => x.exp().sum().backward()));
  });

  it("ends with an error, and may be used again", () => {
    assert.throws(() => pt.profile(() => pt.ones(2).add(pt.ones(3))), /must match|size/);
    assert.deepEqual(counts(pt.profile(() => pt.ones(2).add(1)), "calls"), { add: 1 });
    assert.throws(() => pt.profile(() => pt.profile(() => 1)), /a profile is under way already/);
    assert.throws(() => pt.profile(() => Promise.resolve(1)), /profile: the function is asynchronous/);
    assert.equal(pt.profile(() => 3).result, 3);
  });

  it("prints a table with all rows, aligned", () => {
    const profile = pt.profile(step());
    const lines = String(profile).split("\n");
    assert.equal(lines.length, profile.rows.length + 3);
    assert.match(lines[0], /^operation +calls +time +a call +made$/);
    profile.rows.forEach(({ name, calls }, i) => assert.match(lines[i + 1], new RegExp(`^${name} +${calls} +[\\d.]+ ms `)));
    assert.match(lines.at(-1)!, /^in all .* [\d.]+ (B|KiB)$/);
  });

  it("is drawn as bars of time and of bytes, the rest of many in one", () => {
    const profile = pt.profile(step());
    const panels = pt.plot.profile(profile).hconcat!;
    assert.deepEqual(panels.map(({ data }) => data!.values.map((row) => row.y)), [
      profile.rows.map(({ name }) => name), profile.rows.map(({ name }) => name),
    ]);
    const few = pt.plot.profile(profile, { most: 3 }).hconcat![0].data!.values;
    assert.deepEqual(few.map((row) => row.y).slice(2), [`${profile.rows.length - 2} others`]);
    const drawn = few.reduce((sum, row) => sum + (row.x as number), 0);
    assert.ok(Math.abs(drawn - profile.rows.reduce((sum, row) => sum + row.time, 0)) < 1e-6);
    assert.throws(() => pt.plot.profile(pt.profile(() => 1)), /there was no operation on tensors/);
  });
});
