// Moving, choosing and ordering elements: what undoes what. Imports the library.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";
import { drawn, integers, scattered } from "./drawn";

describe("gradients of what is reduced by scattering", () => {
  const index = pt.tensor([0, 0, 1, 1, 1]);
  const x = pt.tensor([2, 0, 5], { dtype: "float64" });
  const product = (a: pt.Tensor, b: pt.Tensor): pt.Tensor => a.scatterReduce(0, index, b, "prod");

  it("of products are those of the others, first and second, also where one is 0", () => {
    const source = pt.tensor([3, 0, 4, -2, 0.5], { dtype: "float64" });
    pt.gradcheck(product, [x, source]);
    pt.gradgradcheck(product, [x.add(1), source]);
  });

  it("are not shared with a tensor that does not count, though it is the greatest too", () => {
    const [a, b] = [2, 2].map((value) => pt.tensor([value], { dtype: "float64", requiresGrad: true }));
    a.scatterReduce(0, pt.tensor([0]), b, "amax", { includeSelf: false }).backward(pt.ones(1, { dtype: "float64" }));
    assert.deepEqual([a.grad!.item(), b.grad!.item()], [0, 1]);
  });

  it("of products are none of a second order where two are 0, as PyTorch says", () => {
    const source = pt.tensor([3, 1, 0, 0, 0.5], { dtype: "float64" });
    pt.gradcheck(product, [x.add(1), source]);
    assert.throws(() => pt.gradgradcheck(product, [x, source]), /Double backward is unsupported for source when >1 zeros/);
  });
});

describe("moving elements back", () => {
  it("undoes flip, roll, movedim, split, chunk and unbind", () => {
    fc.assert(
      fc.property(drawn(1), ({ shape, seed, pick }) => {
        const x = scattered(shape, seed);
        const [dim, other] = [pick(shape.length), pick(shape.length)];
        const same = (y: pt.Tensor): void => assert.deepEqual([y.shape, y.toArray()], [x.shape, x.toArray()]);
        same(x.flip(dim).flip(dim));
        same(x.roll(2, dim).roll(-2, dim));
        same(x.roll(5).roll(-5));
        same(x.movedim(dim, other).movedim(other, dim));
        same(pt.cat(x.split(2, dim), dim));
        same(pt.cat(x.chunk(2, dim), dim));
        same(pt.stack(x.unbind(dim), dim));
        same(x.unfold(dim, 1, 1).squeeze(-1));
        same(x.sort(dim).values.gather(dim, x.argsort(dim).argsort(dim)));
        same(pt.zerosLike(x).scatter(dim, x.argsort(dim), x.sort(dim).values));
      }),
    );
  });

  it("leaves the tensor free to be written to, as it shares no elements", () => {
    const w = pt.ones(2, 3, { requiresGrad: true });
    const x = w.mul(2);
    const all = [x.repeat(2, 2), x.tile(2), x.flip(0), x.roll(1), x.repeatInterleave(2), x.diagonal(), x.tril()];
    all.push(...x.unbind());
    all.push(x.at(0).outer(x.at(1)), x.sort().values, pt.einsum("ij->ji", x), pt.einsum("ij->ij", x), x.swapaxes(0, 1));
    const before = all.map(String);
    // Where a tensor shared elements this would be refused.
    x.indexPut_(0, x.at(1).mul(5));
    assert.deepEqual(all.map(String), before);
  });
});

describe("what is no integer", () => {
  it("is refused by name, also where types did not", () => {
    const x = pt.ones(2, 3);
    const wrong = "a" as unknown as number;
    const refused: [() => unknown, RegExp][] = [
      [() => x.split(wrong), /split: sizes must be an integer or an array of integers, got "a"/],
      [() => x.split([1, 1.5]), /split: sizes must be an integer, got 1.5/],
      [() => x.repeat(1.5, 1), /repeat: a count must be an integer, got 1.5/],
      [() => x.roll(undefined as unknown as number), /roll: shifts must be an integer or an array of integers, got undefined/],
      [() => x.movedim(0, wrong), /movedim: destination must be/],
      [() => x.unflatten(1, undefined as unknown as number[]), /unflatten: sizes must be/],
      [() => pt.tensordot(x, x, [[0]] as unknown as [number[], number[]]), /tensordot: dims must be/],
      [() => pt.sort([1] as unknown as pt.Tensor), /sort: expected a Tensor, got an Array/],
      [() => x.indexPut_(0, wrong), /indexPut_: expected a Tensor or a number, got "a"/],
    ];
    for (const [call, message] of refused) assert.throws(call, message);
  });
});

describe("order", () => {
  it("agrees with JavaScript's, equal elements keeping theirs", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 2 })), fc.boolean(), (values, descending) => {
        const { values: sorted, indices } = pt.tensor(values, { dtype: "float32" }).sort(0, { descending });
        const sign = descending ? -1 : 1;
        const order = values.map((_, i) => i).sort((i, j) => sign * (values[i] - values[j]));
        assert.deepEqual(indices.toArray(), order);
        assert.deepEqual(sorted.toArray(), order.map((i) => values[i]));
      }),
    );
  });

  it("topk has the first of equal elements first", () => {
    const { values, indices } = pt.tensor([1, 3, 2, 3, 3]).topk(3);
    assert.deepEqual([values.toArray(), indices.toArray()], [[3, 3, 3], [1, 3, 4]]);
  });

  it("unique along a dim gives the slices back by their places, in order, and counts them", () => {
    fc.assert(
      fc.property(drawn(1), ({ shape, pick }) => {
        const x = integers(2, shape, pick);
        const dim = pick(shape.length);
        const { values, inverse, counts } = x.unique({ dim, returnInverse: true });
        assert.deepEqual(values.indexSelect(dim, inverse).toArray(), x.toArray());
        assert.deepEqual(counts.toArray(), values.unbind(dim).map((_, i) => inverse.eq(i).sum().item()));
        // Digits of 0 and 1 are in order as text is.
        const slices = values.unbind(dim).map((slice) => slice.reshape(-1).toArray<number[]>().join(""));
        assert.deepEqual(slices, [...new Set(slices)].sort());
        assert.deepEqual(x.unique({ dim }).toArray(), values.toArray());
      }),
    );
  });

  it("unique gives the elements back by their places, and counts them", () => {
    const x = pt.tensor([[2, 1], [2, 3]]);
    assert.deepEqual(x.unique().toArray(), [1, 2, 3]);
    const { values, inverse, counts } = x.unique({ returnInverse: true });
    assert.deepEqual(values.at(inverse).toArray(), x.toArray());
    assert.deepEqual(counts.toArray(), x.reshape(-1).bincount().narrow(0, 1, 3).toArray());
  });

  it("nonzero as vectors reads the elements that it found", () => {
    const x = pt.tensor([[0, 2], [3, 0]]);
    assert.deepEqual(x.at(...x.nonzero({ asTuple: true })).toArray(), [2, 3]);
    assert.deepEqual(x.nonzero().toArray(), [[0, 1], [1, 0]]);
  });

  it("searchsorted finds the places of a sort", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.integer({ min: -6, max: 6 }), (values, value) => {
        const { values: sorted } = pt.tensor(values, { dtype: "int64" }).sort();
        const less = values.filter((x) => x < value).length;
        assert.equal(pt.searchsorted(sorted, value).item(), less);
        const atMost = values.filter((x) => x <= value).length;
        assert.equal(pt.searchsorted(sorted, pt.tensor(value), { right: true }).item(), atMost);
      }),
    );
  });

  it("refuses the median of no integers, which PyTorch makes up", () => {
    assert.throws(() => pt.tensor([], { dtype: "int64" }).median(), /median: there is none of no integers/);
  });
});

describe("writing to a part", () => {
  const index = (size: number): fc.Arbitrary<pt.Index> =>
    fc.oneof(
      fc.integer({ min: -size, max: size - 1 }),
      fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 }), fc.integer({ min: 1, max: 2 }))
        .map(([start, stop, step]) => pt.slice(start, stop, step)),
      fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { minLength: 1 }),
      fc.array(fc.boolean(), { minLength: size, maxLength: size }).map((mask) => pt.tensor(mask)),
    );

  it("writes what at reads there, and nothing else", () => {
    fc.assert(
      fc.property(fc.tuple(index(2), index(3), index(4)), fc.integer({ min: 1, max: 3 }), (indices, count) => {
        const x = pt.arange(24, { dtype: "float64" }).reshape(2, 3, 4);
        const some = indices.slice(0, count);
        // Lists that do not broadcast are refused by both.
        let part: pt.Tensor;
        try {
          part = x.at(...some);
        } catch {
          assert.throws(() => x.indexPut_(some, 1));
          return;
        }
        const value = part.neg().sub(100);
        const y = x.clone().indexPut_(some, value);
        assert.deepEqual(y.at(...some).toArray(), value.toArray());
        assert.equal(y.lt(-50).sum().item(), part.numel());
        assert.deepEqual(y.where(y.ge(-50), x).toArray(), x.toArray());
        const added = x.clone().indexPut_(some, 1, { accumulate: true });
        assert.equal(added.sum().item(), x.sum().item() + part.numel());
      }),
    );
  });

  it("takes an index that is alone without brackets", () => {
    const x = pt.zeros(2, 2);
    x.indexPut_(0, 1).indexPut_(x.eq(0), pt.tensor(5, { dtype: "float32" })).indexPut_([[1], 1], 7);
    assert.deepEqual(x.toArray(), [[1, 1], [5, 7]]);
    assert.deepEqual(x.indexPut_("...", 2).toArray(), [[2, 2], [2, 2]]);
  });

  it("reads its own elements as they were before", () => {
    const x = pt.arange(4, { dtype: "float32" });
    assert.deepEqual(x.indexPut_([[3, 2, 1, 0]], x).toArray(), [3, 2, 1, 0]);
  });

  it("is recorded: the value has a gradient, and of the tensor what was not written over", () => {
    const [w, v] = [pt.ones(3, { requiresGrad: true }), pt.ones(2, { requiresGrad: true })];
    const x = w.mul(2);
    const y = x.indexPut_(pt.slice(1), v);
    assert.equal(y, x);
    assert.equal(x.gradFn?.name, "CopySlices");
    x.mul(x).sum().backward();
    assert.deepEqual([w.grad?.toArray(), v.grad?.toArray()], [[8, 0, 0], [2, 2]]);
  });

  it("makes a tensor that needed no gradient need one, where the value does", () => {
    const v = pt.tensor(3, { dtype: "float32", requiresGrad: true });
    const x = pt.zeros(2);
    x.indexPut_(0, v).scatter_(0, pt.tensor([1]), v.mul(2).reshape(1));
    x.sum().backward();
    assert.equal(v.grad?.item(), 3);
  });

  it("counts as a write", () => {
    const w = pt.ones(2, { requiresGrad: true });
    const writes: ((x: pt.Tensor) => pt.Tensor)[] = [
      (t) => t.indexPut_(0, 5), (t) => t.scatter_(0, pt.tensor([0]), 5),
      (t) => t.maskedFill_(pt.tensor([true, false]), 5),
      (t) => t.indexAdd_(0, pt.tensor([0]), pt.ones(1)),
      (t) => t.scatterAdd_(0, pt.tensor([0]), pt.ones(1)),
    ];
    for (const write of writes) {
      const x = w.mul(1);
      const y = x.mul(x);
      write(x);
      assert.throws(() => y.sum().backward(), /is at version 1; expected version 0/);
    }
  });

  it("is refused on a leaf that needs a gradient, but for noGrad, and on elements that are shared", () => {
    const w = pt.ones(2, 2, { requiresGrad: true });
    const mask = pt.tensor([true, false]);
    const refused = [
      () => w.indexPut_(0, 1), () => w.maskedFill_(mask, 1), () => w.fillDiagonal_(1),
      () => w.scatter_(0, pt.tensor([[0, 0]]), 1),
      () => w.indexAdd_(0, pt.tensor([0]), pt.ones(1, 2)), () => w.scatterAdd_(0, pt.tensor([[0]]), pt.ones(1, 1)),
    ];
    for (const write of refused) assert.throws(write, /^Error: \w+_: a leaf Variable that requires grad/);
    assert.deepEqual(w.toArray(), [[1, 1], [1, 1]]);
    pt.noGrad(() => w.indexPut_([0, 0], 3).fillDiagonal_(4));
    assert.deepEqual(w.toArray(), [[4, 1], [1, 4]]);
    const x = w.mul(2);
    x.reshape(4);
    assert.throws(() => x.indexPut_(0, 1), /shares its elements/);
  });

  it("refuses a mask that would make the tensor larger", () => {
    const wide = pt.tensor([[true, false], [false, true]]);
    assert.throws(() => pt.zeros(2).maskedFill_(wide, 1), /maskedFill_: output with shape \[2\] doesn't match/);
    assert.deepEqual(pt.zeros(2).maskedFill(wide, 1).toArray(), [[1, 0], [0, 1]]);
  });

  it("takes of a larger source the part that there are indices for, with a gradient", () => {
    const source = pt.ones(2, 3, { requiresGrad: true });
    pt.zeros(2, 3).scatter(1, pt.tensor([[2, 1]]), source).sum().backward();
    assert.deepEqual(source.grad?.toArray(), [[1, 1, 0], [0, 0, 0]]);
  });
});
