// Whose a gradient is: leaves take what nobody else holds, and nobody's changes show in another's.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";
import { NewestFirst } from "../../kernel-lib/dist/queue";
import { sameBits } from "../golden/golden";

const leaf = (values: number[]): pt.Tensor => pt.tensor(values, { dtype: "float64", requiresGrad: true });
const storageOf = (x: pt.Tensor | null): unknown => (x as unknown as { storage: unknown }).storage;

/** Checks that each of `tensors` can be changed without any other of them, or of `others`, changing. */
function checkApart(tensors: readonly pt.Tensor[], others: readonly pt.Tensor[] = []): void {
  const all = [...tensors, ...others];
  tensors.forEach((x, i) => {
    const before = all.map((other) => [...other.flatten().toArray()]);
    x.add_(1000);
    all.forEach((other, j) => {
      if (j !== i) assert.ok(sameBits(other.flatten().toArray(), before[j]), `tensor ${j} changed with tensor ${i}`);
    });
    x.copy_(pt.tensor(before[i], { dtype: x.dtype }).reshape([...x.shape]));
  });
}

const gradsOf = (leaves: readonly pt.Tensor[]): pt.Tensor[] => leaves.flatMap(({ grad }) => grad ?? []);

describe("a gradient", () => {
  it("that two leaves are handed becomes two", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.add(b).mul(3).sum().backward();
    assert.deepEqual(gradsOf([a, b]).map((g) => g.toArray()), [[3, 3], [3, 3]]);
    checkApart(gradsOf([a, b]));
  });

  it("in another shape is the same one", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.reshape(2, 1).add(b.reshape(2, 1)).mul(3).sum().backward();
    checkApart(gradsOf([a, b]));
  });

  it("is taken where it is nobody else's", () => {
    const a = leaf([1, 2]);
    let passed: pt.Tensor | null = null;
    const node = (a as unknown as { node: { keep(g: pt.Tensor): void } }).node;
    const keep = node.keep.bind(node);
    node.keep = (g) => {
      passed = g;
      keep(g);
    };
    a.mul(2).sum().backward();
    assert.equal(storageOf(a.grad), storageOf(passed));
    a.grad = null;
    a.mul(2).sum().backward({ createGraph: true });
    assert.notEqual(storageOf(a.grad), storageOf(passed));
  });

  it("is made in the place of the one that it comes from, where nobody else has that", () => {
    const a = leaf([1, 2]);
    const kept = a.mul(5);
    const chain = [kept, kept.mul(3), kept.mul(3).pow(2)];
    const passed: unknown[] = [];
    for (const x of chain) {
      const node = (x as unknown as { node: { keep(g: pt.Tensor): void } }).node;
      node.keep = (g) => void passed.push(storageOf(g));
    }
    chain[1].add(chain[2]).sum().backward();
    assert.deepEqual(a.grad?.toArray(), [465, 915]);
    assert.equal(passed.length, 3);
    assert.ok(passed.includes(storageOf(a.grad)));
  });

  it("that is passed on as it is stays as it is", () => {
    const [a, b, c] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
    const y = a.addcmul(b, c);
    y.retainGrad();
    y.mul(2).sum().backward();
    assert.deepEqual(gradsOf([a, b, c, y]).map((g) => g.toArray()), [[2, 2], [10, 12], [6, 8], [2, 2]]);
    checkApart(gradsOf([a, b, c, y]), [a.detach(), b.detach(), c.detach()]);
  });

  it("may be changed in place after it was summed to a shape, also where that is recorded", () => {
    const b = leaf([1]);
    pt.ones(3, { dtype: "float64" }).mul(b).sum().backward();
    assert.equal(b.grad!.mul_(leaf([2])).item(), 6);
  });

  it("that the user gave stays the user's", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const seed = pt.tensor([5, 6], { dtype: "float64" });
    a.add(b).backward(seed);
    checkApart([...gradsOf([a, b]), seed]);
    const w = leaf([1, 2]);
    w.backward(seed);
    checkApart([w.grad!, seed]);
    const x = leaf([1, 2]);
    x.add(x).backward(seed);
    assert.deepEqual([x.grad?.toArray(), seed.toArray()], [[10, 12], [5, 6]]);
  });

  it("is no operand's elements", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.mul(b).backward(pt.ones(2, { dtype: "float64" }));
    checkApart(gradsOf([a, b]), [a.detach(), b.detach()]);
  });

  it("that retainGrad keeps is not what goes on", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const [u, v] = [a.mul(2), b.add(0)];
    const s = u.add(v);
    for (const x of [u, v, s]) x.retainGrad();
    s.mul(3).add(v.mul(2)).sum().backward();
    assert.deepEqual([u, v, s].map((x) => x.grad?.toArray()), [[3, 3], [5, 5], [3, 3]]);
    checkApart(gradsOf([a, b, u, v, s]));
  });

  it("that grew in place grows on where the user sees it", () => {
    const w = leaf([1, 2]);
    w.mul(w).sum().backward();
    const first = w.grad!;
    w.mul(w).add(w).sum().backward();
    assert.equal(w.grad, first);
    assert.deepEqual(first.toArray(), [5, 9]);
  });

  it("from a sweep inside another is not changed by the outer one", () => {
    const [w, v] = [leaf([2]), leaf([3])];
    const u = w.mul(w);
    const y = u.add(u.mul(u));
    const node = (u as unknown as { node: { keep(g: pt.Tensor): void } }).node;
    node.keep = () => pt.enableGrad(() => v.mul(u.detach())).backward();
    y.backward();
    assert.deepEqual([w.grad?.item(), v.grad?.item()], [36, 4]);
    checkApart(gradsOf([w, v]));
  });

  it("of a sweep that failed does not show in the next", () => {
    const w = leaf([2]);
    const u = w.mul(w);
    const y = u.add(u.mul(3)).mul(2);
    const node = (u as unknown as { node: { keep(g: pt.Tensor): void } }).node;
    node.keep = () => {
      throw new Error("once");
    };
    assert.throws(() => y.backward({ retainGraph: true }), /once/);
    Reflect.deleteProperty(node, "keep");
    y.backward();
    assert.equal(w.grad?.item(), 32);
  });
});

// Steps of a random graph: what is made of two values before it, by their numbers.
const steps = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 });

function graphOf(leaves: readonly pt.Tensor[], choices: readonly (readonly [number, number, number])[]): pt.Tensor {
  const values = [...leaves];
  const operations: ((a: pt.Tensor, b: pt.Tensor) => pt.Tensor)[] = [
    (a, b) => a.add(b),
    (a, b) => a.sub(b),
    (a, b) => a.mul(b),
    (a, b) => a.maximum(b),
    (a) => a.reshape(3, 1).reshape(3),
    (a, b) => a.add(b.sum()),
    (a, b) => a.mul(b.mean()),
    (a) => a.tanh(),
    (a, b) => pt.stack([a, b]).sum(0),
    (a) => a.clone(),
  ];
  for (const [operation, i, j] of choices) {
    const f = operations[operation % operations.length];
    values.push(f(values[i % values.length], values[j % values.length]));
  }
  return values.slice(-3).reduce((all, x) => all.add(x));
}

describe("gradients of random graphs", () => {
  it("are those of a recorded sweep, which changes nothing in place, and apart from each other", () => {
    fc.assert(
      fc.property(steps, (choices) => {
        const grads = [false, true].map((createGraph) => {
          const leaves = [leaf([0.5, -1.25, 2]), leaf([1.5, 0.25, -0.75]), leaf([0.1, 0.2, 0.3])];
          const seed = pt.tensor([1, 2, 3], { dtype: "float64" });
          graphOf(leaves, choices).backward(seed, { createGraph });
          const own = gradsOf(leaves).map((g) => g.detach());
          checkApart(own, [...leaves.map((x) => x.detach()), seed]);
          return own.map((g) => g.toArray());
        });
        assert.deepEqual(grads[0], grads[1]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the queue of a sweep", () => {
  it("gives the newest first, whatever comes in between", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(50), { freq: 3 })), (moves) => {
        const queue = new NewestFirst<{ id: number }>();
        const list: number[] = [];
        for (const id of moves) {
          if (id === null) {
            assert.equal(queue.pop()?.id, list.sort((a, b) => a - b).pop());
          } else {
            queue.push({ id });
            list.push(id);
          }
        }
      }),
    );
  });
});
