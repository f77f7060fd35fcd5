// Questions and close comparisons, by what they print and throw. Imports the built library.
import assert from "node:assert/strict";
import * as pt from "torchlab";

function printed(run: () => void): string {
  const log = console.log;
  const lines: string[] = [];
  console.log = (...args: unknown[]) => void lines.push(args.join(" "));
  try {
    run();
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

describe("quiz", () => {
  let asked = 0;
  const check = pt.quiz({
    number: { answer: 12, wrong: [[18, "the accumulated gradient was passed on"], [24, "twice"]], hint: "draw the graph" },
    loose: { answer: 100, tolerance: 0.01 },
    word: { answer: "leaf" },
    flag: { answer: true },
    list: { answer: [33, 33, 33, 1] },
    tensor: { answer: () => (asked++, pt.tensor([[1, 2], [3, 4]])), wrong: [[() => pt.ones([2, 2]), "ones"]] },
  });
  const says = (id: string, yours: unknown) => printed(() => check(id, yours));

  it("says ✓ for the right answer, as a value or a function", () => {
    assert.equal(says("number", 12), "✓ number");
    assert.equal(says("number", () => 12 + 1e-9), "✓ number");
    assert.equal(says("loose", 100.9), "✓ loose");
    assert.equal(says("word", () => " Leaf "), "✓ word");
    assert.equal(says("flag", () => true), "✓ flag");
    assert.equal(says("list", () => Int32Array.of(33, 33, 33, 1)), "✓ list");
    assert.equal(says("number", () => pt.tensor(12)), "✓ number", "a tensor of one number is that number");
  });

  it("knows the usual wrong answers", () => {
    assert.equal(says("number", () => 18), "✗ number: 18: the accumulated gradient was passed on");
    assert.equal(says("number", () => 24), "✗ number: 24: twice");
    assert.equal(says("number", () => 17), "✗ number: 17 is not it — draw the graph");
    assert.equal(says("tensor", () => pt.ones([2, 2])), "✗ tensor: [[1, 1], [1, 1]]: ones");
    assert.equal(says("loose", () => 101.1), "✗ loose: 101.1 is not it");
    assert.equal(says("list", () => [33, 33, 33, 0]), "✗ list: [33, 33, 33, 0] is not it");
    assert.equal(says("number", () => NaN), "✗ number: NaN is not it — draw the graph");
  });

  it("waits for an answer with the hint", () => {
    assert.equal(says("number", undefined), "… number: your turn — draw the graph");
    assert.equal(says("word", () => undefined), "… word: your turn");
  });

  it("says which kind of answer is asked for", () => {
    assert.equal(says("number", () => "12"), "✗ number: this is a string, the answer is a number — draw the graph");
    assert.match(says("tensor", () => 1), /this is a number, the answer is values of shape \[2, 2\]/);
    assert.match(says("list", () => [33, 33, 33]), /values of shape \[3\], the answer is values of shape \[4\]/);
    assert.match(says("number", () => Promise.resolve(12)), /this is a promise: put await/);
  });

  it("tells what the answer's code throws and goes on", () => {
    const broken = () => { throw new TypeError("x is not a function"); };
    assert.equal(says("number", broken), "✗ number: your code threw TypeError: x is not a function");
  });

  it("computes an answer only when it is asked for", () => {
    const before = asked;
    says("number", 12);
    assert.equal(asked, before);
    assert.equal(says("tensor", () => [[1, 2], [3, 4]]), "✓ tensor");
    assert.equal(asked, before + 1);
  });

  it("refuses an unknown question, naming those there are", () => {
    assert.throws(() => check("6.9", 1), /^RangeError: quiz: there is no question "6.9", only number, loose, word/);
    assert.throws(() => check("toString", 1), /no question "toString"/);
  });
});

describe("assertClose", () => {
  it("accepts what is close, in any container", () => {
    pt.assertClose(1, 1 + 1e-8);
    pt.assertClose(pt.tensor([0.1, 0.2]), [0.1, 0.2]);
    pt.assertClose([[1, 2]], pt.tensor([[1, 2.000002]]));
    pt.assertClose([NaN, Infinity], [NaN, Infinity], { equalNaN: true });
    pt.assertClose([1.05], [1], { atol: 0.1 });
  });

  it("counts mismatches and gives the greatest differences, in PyTorch's words", () => {
    assert.throws(() => pt.assertClose([[1, 2], [3, 5]], [[1, 2], [3, 4]]), {
      message: "Tensor-likes are not close!\n\nMismatched elements: 1 / 4 (25.0%)\n" +
        "Greatest absolute difference: 1 at index (1, 1) (up to 1e-7 allowed)\n" +
        "Greatest relative difference: 0.25 at index (1, 1) (up to 1e-7 allowed)",
    });
    assert.throws(() => pt.assertClose(2, 1), /Scalars are not close!\n\nExpected 1 but got 2\.\nAbsolute difference: 1/);
    assert.throws(() => pt.assertClose(2, 1, { message: "slope" }), /^Error: slope\nScalars/);
  });

  it("is stricter with doubles than with float32, and exact with integers", () => {
    const near = 1 + 1e-6;
    pt.assertClose(pt.tensor([near]), [1]);
    assert.throws(() => pt.assertClose([near], [1]), /up to 1e-7 allowed/);
    assert.throws(() => pt.assertClose(pt.tensor([3], { dtype: pt.int64 }), pt.tensor([4], { dtype: pt.int64 })), /up to 0 allowed/);
  });

  it("refuses NaN, infinity of the other sign, and other shapes", () => {
    assert.throws(() => pt.assertClose([NaN], [NaN]), /Mismatched elements: 1 \/ 1/);
    assert.throws(() => pt.assertClose([Infinity], [-Infinity]), /not close/);
    assert.throws(() => pt.assertClose([1e300], [Infinity], { rtol: 1 }), /not close/);
    assert.throws(() => pt.assertClose([1, 2], [[1, 2]]), /attribute 'shape' do not match: \[2\] != \[1, 2\]/);
    assert.throws(() => pt.assertClose(["a"], [1]), /actual holds "a", which is not a number/);
  });
});
