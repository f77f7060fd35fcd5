// Tensor: making, shapes and types, sharing of elements, reading, writing.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";

const shapeArbitrary = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);
const counting = (shape: readonly number[]): pt.Tensor =>
  pt.arange(sizeOf(shape), { dtype: "float64" }).reshape([...shape]);

describe("making tensors", () => {
  it("infers the type of the elements as PyTorch does, whole numbers being integers", () => {
    assert.equal(pt.tensor([1, 2]).dtype, "int64");
    assert.equal(pt.tensor([1, 2.5]).dtype, "float32");
    assert.equal(pt.tensor([true, false]).dtype, "bool");
    assert.equal(pt.tensor([]).dtype, "float32");
    assert.equal(pt.tensor(new Float64Array(2)).dtype, "float64");
    assert.equal(pt.tensor(new Int32Array(2)).dtype, "int64");
    assert.equal(pt.tensor([1, 2], { requiresGrad: true }).dtype, "float32");
    assert.equal(pt.full([2], 1).dtype, "int64");
    assert.equal(pt.zeros(2).dtype, "float32");
    assert.equal(pt.arange(3).dtype, "int64");
    assert.equal(pt.arange(0, 1, 0.25).dtype, "float32");
  });

  it("keeps the type of tensors and typed arrays among the elements", () => {
    const one = pt.tensor(1, { dtype: "float32" });
    assert.equal(pt.tensor([one, one]).dtype, "float32");
    assert.equal(pt.tensor([new Float64Array([1, 2])]).dtype, "float64");
    assert.equal(pt.tensor([pt.tensor([0.1], { dtype: "float64" })]).item(), 0.1);
    assert.equal(pt.tensor([pt.tensor(1), 0.5]).dtype, "float32");
    assert.deepEqual(pt.tensor([pt.tensor([true, false])]).toArray<boolean[][]>(), [[true, false]]);
    assert.equal(pt.tensor([1e20]).dtype, "float32");
  });

  it("takes the default dtype from setDefaultDtype", () => {
    pt.setDefaultDtype(pt.float64);
    try {
      assert.equal(pt.zeros(1).dtype, "float64");
      assert.equal(pt.tensor(0.5).dtype, "float64");
      assert.equal(pt.tensor([1, 2]).div(2).dtype, "float64");
    } finally {
      pt.setDefaultDtype(pt.float32);
    }
  });

  it("gives nested arrays back as they came", () => {
    fc.assert(
      fc.property(shapeArbitrary, (shape) => {
        const x = counting(shape);
        const again = pt.tensor(x.toArray<pt.NestedArray | number>(), { dtype: "float64" });
        // Below a dim of size 0 nested arrays know no further sizes.
        const known = shape.includes(0) ? shape.slice(0, shape.indexOf(0) + 1) : shape;
        assert.deepEqual([...again.shape], known);
        assert.deepEqual(again.toArray(), x.toArray());
      }),
    );
  });

  it("takes sizes as numbers or as an array, then options", () => {
    for (const x of [
      pt.ones(2, 3),
      pt.ones([2, 3]),
      pt.ones(2, 3, { dtype: "float32" }),
      pt.ones([2, 3], {}),
    ]) {
      assert.deepEqual([...x.shape], [2, 3]);
    }
    assert.deepEqual([...pt.randn({ dtype: "float64" }).shape], []);
    assert.deepEqual(pt.eye(2, 3).toArray(), [
      [1, 0, 0],
      [0, 1, 0],
    ]);
    assert.deepEqual(pt.onesLike(pt.tensor([1, 2])).toArray(), [1, 1]);
  });

  it("holds int64 exactly, and says so where it cannot", () => {
    const big = pt.tensor(2 ** 53 - 1);
    assert.equal(big.item(), 2 ** 53 - 1);
    assert.throws(() => big.add(1), /int64: 9007199254740992 cannot be held exactly/);
    assert.throws(() => pt.tensor([2 ** 60], { dtype: "int64" }), /int64/);
    assert.throws(() => pt.tensor([0.5]).mul(1e30).to("int64"), /int64/);
    assert.deepEqual(pt.tensor([1.9, -1.9]).to("int64").toArray(), [1, -1]);
  });
});

describe("selecting", () => {
  it("indexSelect agrees with at, along every dim, gradients included", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 }), fc.array(fc.nat(1)), (dim, places) => {
        const [a, b] = [counting([2, 3, 2]), counting([2, 3, 2])].map((x) => x.requiresGrad_());
        const selected = a.indexSelect(dim, places);
        const read = b.at(...Array.from({ length: dim }, () => pt.slice()), places);
        assert.deepEqual(selected.toArray(), read.toArray());
        selected.mul(selected).sum().backward();
        read.mul(read).sum().backward();
        assert.deepEqual(a.grad?.toArray(), b.grad?.toArray());
      }),
    );
    assert.throws(() => pt.zeros(2).indexSelect(0, [2]), /index 2 is out of bounds for dimension 0 with size 2/);
    assert.throws(() => pt.zeros(2).indexSelect(0, [0, -1]), /indexSelect: index out of range in self: -1/);
    assert.throws(() => pt.zeros(2).indexSelect(0, pt.zeros(1)), /supposed to be a vector of int64, got float32 \[1\]/);
  });
});

describe("indexing by several lists", () => {
  it("puts their dims where the lists stand together, integers not counted", () => {
    const x = counting([3, 4, 2, 5]);
    assert.deepEqual([...x.at(pt.slice(), [0, 1], 0, [1, 2]).shape], [3, 2]);
    assert.deepEqual([...x.at([0, 1], pt.slice(), [0, 1]).shape], [2, 4, 5]);
    assert.deepEqual([...x.at(0, [0, 1], 1, [1, 2]).shape], [2]);
  });
});

describe("sharing elements", () => {
  it("detach, data and reshape share them; slices and transposes are copies", () => {
    const x = pt.zeros(2, 3);
    x.detach().fill_(1);
    assert.deepEqual(x.toArray(), [
      [1, 1, 1],
      [1, 1, 1],
    ]);
    x.data.mul_(2);
    x.reshape(-1).add_(1);
    x.unsqueeze(0).squeeze(0).add_(1);
    assert.deepEqual(x.toArray(), [
      [4, 4, 4],
      [4, 4, 4],
    ]);
    x.at(0).fill_(9);
    x.T.fill_(9);
    x.clone().fill_(9);
    assert.deepEqual(x.toArray(), [
      [4, 4, 4],
      [4, 4, 4],
    ]);
  });

  it("setting data puts other elements in place, in a weight too", () => {
    const w = pt.ones(1, { requiresGrad: true });
    w.data = w.data.sub(0.5);
    assert.equal(w.item(), 0.5);
    assert.ok(w.isLeaf && w.requiresGrad);
    assert.throws(() => (w.data = pt.tensor([1])), /data: this tensor is float32 and the new data int64/);
  });
});

describe("moving elements", () => {
  it("transposing twice, and permuting back, changes nothing", () => {
    fc.assert(
      fc.property(shapeArbitrary, fc.infiniteStream(fc.nat()), (shape, numbers) => {
        const x = counting(shape);
        assert.deepEqual(x.T.T.toArray(), x.toArray());
        const order = shape.map((_, i) => i).sort((a, b) => (numbers.next().value as number) - b + a - 2);
        const back = order.map((_, i) => order.indexOf(i));
        assert.deepEqual(
          x
            .permute(...order)
            .permute(...back)
            .toArray(),
          x.toArray(),
        );
      }),
    );
  });

  it("places each element of a transpose", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (n, m) => {
        const x = counting([n, m]);
        for (let i = 0; i < n; i++)
          for (let j = 0; j < m; j++) assert.equal(x.T.at(j, i).item(), x.at(i, j).item());
      }),
    );
  });

  it("cat undoes narrow, and stack undoes rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.nat(3), (n, m, cut) => {
        const x = counting([n, m]);
        const k = Math.min(cut, m);
        assert.deepEqual(pt.cat([x.narrow(1, 0, k), x.narrow(1, k, m - k)], 1).toArray(), x.toArray());
        assert.deepEqual(pt.stack([...x]).toArray(), x.toArray());
      }),
    );
  });

  it("broadcasts as if every operand were expanded", () => {
    const sizes = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 });
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const rank = Math.max(a.length, b.length);
        const at = (shape: number[], i: number): number => shape[shape.length - rank + i] ?? 1;
        const fits = Array.from({ length: rank }, (_, i) => i).every(
          (i) => at(a, i) === at(b, i) || at(a, i) === 1 || at(b, i) === 1,
        );
        const [x, y] = [counting(a), counting(b).add(0.5)];
        if (!fits) {
          assert.throws(
            () => x.add(y),
            /The size of tensor a \(\d\) must match the size of tensor b \(\d\) at non-singleton dimension/,
          );
          return;
        }
        const shape = Array.from({ length: rank }, (_, i) => Math.max(at(a, i), at(b, i)));
        const expanded = x.expand(...shape).sub(y.expand(...shape));
        assert.deepEqual(x.sub(y).toArray(), expanded.toArray());
      }),
    );
  });
});

describe("reading tensors", () => {
  it("is a dataset of its rows", () => {
    const x = counting([3, 2]);
    assert.equal(x.length, 3);
    assert.deepEqual(
      [...x].map((row) => row.toArray()),
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    );
    assert.throws(() => pt.tensor(1).length, /a 0-dim tensor has no length/);
    assert.throws(() => [...pt.tensor(1)], /iteration over a 0-d tensor/);
  });

  it("gives the only element as a number", () => {
    assert.equal(pt.tensor([[0.5]]).item(), 0.5);
    assert.equal(pt.tensor(true).item(), 1);
    assert.throws(() => pt.zeros(3).item(), /a Tensor with 3 elements cannot be converted to Scalar/);
  });

  it("shows itself as PyTorch prints it", () => {
    assert.equal(
      String(pt.tensor([1, 2.5], { requiresGrad: true })),
      "tensor([1.0000, 2.5000], requires_grad=True)",
    );
    assert.equal(
      String(pt.tensor([1.5], { requiresGrad: true }).mul(2)),
      "tensor([3.], grad_fn=<MulBackward0>)",
    );
    assert.equal(String(pt.tensor([1, 2])), "tensor([1, 2])");
    assert.equal(String(pt.zeros(1, { dtype: "float64" })), "tensor([0.], dtype=torch.float64)");
  });
});

describe("what tensors refuse", () => {
  const wrong: [string, () => unknown, RegExp][] = [
    [
      "ragged rows",
      () => pt.tensor([[1, 2], [3]]),
      /tensor: the rows differ in shape: \[0\] has \[2\], \[1\] has \[1\]/,
    ],
    [
      "what is no number",
      () => pt.tensor(["1"] as unknown as number[]),
      /tensor: expected numbers, booleans or arrays of them, got "1" at index \[0\]/,
    ],
    ["a negative size", () => pt.zeros(2, -1), /negative dimension -1: \[2, -1\]/],
    [
      "more elements than memory holds",
      () => pt.zeros(1e6, 1e6),
      /cannot allocate a tensor of 1000000000000 float32 elements \(3725\.3 GiB\)/,
    ],
    ["holes", () => pt.tensor(new Array<number>(3)), /got undefined at index \[0\]/],
    ["a tensor for options", () => pt.zeros(pt.ones(1)), /expected options, got a Tensor/],
    ["a number for a shape", () => pt.full(3 as unknown as number[], 1), /full: a shape must be an array of sizes, got 3/],
    ["a shape of fractions", () => pt.zeros(1).expand(1.5), /expand: sizes must be integers, got \[1\.5\]/],
    ["options for a dim", () => pt.zeros(2).sum({ keepdim: true } as unknown as number), /sum: dim must be an integer/],
    ["a tensor to fill with", () => pt.zeros(2).fill_(pt.ones(1) as unknown as number), /fill_: expected a number/],
    ["a number to copy from", () => pt.zeros(2).copy_(3 as unknown as pt.Tensor), /copy_: expected a Tensor, got 3/],
    ["a fraction to begin at", () => pt.zeros(5).narrow(0, 1.5, 2), /narrow: start must be an integer, got 1\.5/],
    ["a size that is no integer", () => pt.zeros(1.5), /zeros: sizes must be integers, got \[1\.5\]/],
    [
      "shapes that do not broadcast",
      () => pt.zeros(2, 3).add(pt.zeros(4)),
      /add: \[2, 3\] and \[4\]: The size of tensor a \(3\) must match the size of tensor b \(4\) at non-singleton dimension 1/,
    ],
    [
      "inner sizes that differ",
      () => pt.zeros(2, 3).matmul(pt.zeros(4, 5)),
      /matmul: \[2, 3\] × \[4, 5\]: inner sizes 3 and 4 differ/,
    ],
    [
      "a matrix product of two dtypes",
      () => pt.zeros(2, 2).matmul(pt.zeros(2, 2, { dtype: "float64" })),
      /same dtype, but got float32 and float64/,
    ],
    [
      "a string as an operand",
      () => pt.zeros(2).add("1" as unknown as number),
      /add: an operand must be a Tensor or a number, got "1"/,
    ],
    ["a missing operand", () => (pt.zeros(2).add as unknown as () => void)(), /add: expected 2 operand\(s\), got 1/],
    ["numbers alone", () => pt.add(1, 2), /add: one operand at least must be a Tensor, got 1 and 2/],
    [
      "a shape of another size",
      () => pt.zeros(2, 3).reshape(4),
      /reshape: shape '\[4\]' is invalid for input of size 6/,
    ],
    ["two sizes to infer", () => pt.zeros(4).reshape(-1, -1), /reshape: only one dimension can be inferred/],
    [
      "a dim out of range",
      () => pt.zeros(2, 3).sum(2),
      /sum: Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)/,
    ],
    ["a dim that is no integer", () => pt.zeros(2).sum(0.5), /sum: dim must be an integer, got 0\.5/],
    [
      "an index out of bounds",
      () => pt.zeros(3).at(3),
      /index 3 is out of bounds for dimension 0 with size 3/,
    ],
    ["too many indices", () => pt.zeros(3).at(0, 0), /too many indices for tensor of dimension 1/],
    [
      "a float as an index",
      () => pt.zeros(3).at(pt.tensor([0.5])),
      /tensors used as indices must be int64 or bool tensors, this one is float32/,
    ],
    ["a string as an index", () => pt.zeros(3).at("1" as unknown as number), /at: cannot index with "1"/],
    ["a step of 0", () => pt.slice(0, 3, 0), /slice: step must be greater than zero, got 0/],
    [
      "the mean of integers",
      () => pt.tensor([1, 2]).mean(),
      /mean: could not infer output dtype.*Got: int64/,
    ],
    [
      "a negative power of integers",
      () => pt.tensor([2]).pow(-1),
      /Integers to negative integer powers are not allowed/,
    ],
    ["decimals that are no integer", () => pt.ones(2).round({ decimals: 1.5 }), /round: decimals must be an integer, got 1\.5/],
    ["decimals without their name", () => pt.ones(2).round(2 as never), /round: expected \{ decimals \}, got 2/],
    [
      "decimals of integers",
      () => pt.tensor([15]).round_({ decimals: -1 }),
      /round_: decimals are not implemented for int64 tensors/,
    ],
    [
      "more places than a reflection has",
      () => pt.nn.functional.pad(pt.ones(2, 3), [1, 3], { mode: "reflect" }),
      /pad: Padding size should be less than the corresponding input dimension, but got: padding \(1, 3\) at dimension 1 of input \[2, 3\]/,
    ],
    [
      "more places than one turn has",
      () => pt.nn.functional.pad(pt.ones(2, 3), [4, 0], { mode: "circular" }),
      /pad: Padding value causes wrapping around more than once/,
    ],
    [
      "a padding of rows without channels",
      () => pt.nn.functional.pad(pt.ones(3), [1, 1], { mode: "replicate" }),
      /pad: Padding size 2 is not supported for 1D input tensor/,
    ],
    [
      "a value beside elements of the tensor itself",
      () => pt.nn.functional.pad(pt.ones(2, 3), [1, 1], { mode: "reflect", value: 1 }),
      /pad: Padding mode "reflect" doesn't take in value argument/,
    ],
    [
      "bits moved further than int64 is held exactly",
      () => pt.tensor([2 ** 40]).bitwiseLeftShift(13),
      /int64: 9007199254740992 cannot be held exactly/,
    ],
    [
      "the bits of a fraction",
      () => pt.tensor([4]).bitwiseRightShift(0.5),
      /bitwiseRightShift: not implemented for floating-point tensors/,
    ],
    [
      "truth values moved by truth values",
      () => pt.tensor([true]).bitwiseLeftShift(pt.tensor([true])),
      /bitwiseLeftShift: not implemented for bool tensors/,
    ],
    [
      "an in-place result that does not fit",
      () => pt.zeros(1).add_(pt.zeros(3)),
      /add_: output with shape \[1\] doesn't match the broadcast shape \[3\]/,
    ],
    [
      "a fraction put into integers",
      () => pt.tensor([1]).add_(0.5),
      /add_: result type float32 can't be cast to the desired output type int64/,
    ],
    [
      "stacking shapes that differ",
      () => pt.stack([pt.zeros(2), pt.zeros(3)]),
      /stack expects each tensor to be equal size, but got \[2\] at entry 0 and \[3\] at entry 1/,
    ],
    ["joining nothing", () => pt.cat([]), /cat: expected a non-empty array of Tensors/],
    ["an unknown dtype", () => pt.zeros(1).to("float16" as "float32"), /there is no dtype "float16"; choose float32/],
    [
      "a default dtype that is no float",
      () => pt.setDefaultDtype(pt.int64),
      /only floating-point types are supported as the default type, got int64/,
    ],
    ["randn of integers", () => pt.randn(2, { dtype: "int64" }), /randn: not implemented for int64/],
    [
      "randint without a shape",
      () => pt.randint(0, 10, 5 as unknown as number[]),
      /randint: expected \(high, shape\) or \(low, high, shape\)/,
    ],
  ];
  for (const [what, f, message] of wrong) it(what, () => assert.throws(f, message));
});
