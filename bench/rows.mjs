// The rows of the benches: what each is called. A peer has a workload under the same id, or does not take part in
// the row. Imports nothing.

const sizes = [1e3, 1e4, 1e5, 1e6, 1e7];
const matrices = [64, 256, 1024];
const exponents = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const size = (n) => `10${exponents[Math.log10(n)]}`;

/** How far the values of two peers may lie apart, relative to the greater. */
export const float32 = 1e-4;
const float64 = 1e-11;

/**
 * The groups of the table: { title, tolerance, rows: [{ id, name }] }, and for a group that is a curve over sizes
 * `curve`: { x, at } with the size of each row.
 */
export const groups = [
  {
    title: "Small",
    tolerance: float32,
    rows: [
      { id: "mul 100", name: "mul of 100 floats" },
      { id: "mse gradient", name: "MSE of 100 points: value and gradient" },
      { id: "mse step", name: "MSE of 100 points: value, gradient, SGD step" },
    ],
  },
  {
    title: "Listing 6.7 whole: loader, loss, backward, SGD; float64",
    tolerance: float64,
    rows: [
      { id: "listing 1", name: "batch 1: 2,500 steps" },
      { id: "listing 25", name: "batch 25: 100 steps" },
    ],
  },
  {
    title: "Where a step of listing 6.7 at batch 1 goes; float64",
    tolerance: float64,
    rows: [
      { id: "part operation", name: "one pointwise operation" },
      { id: "part recorded", name: "one recorded operation" },
      { id: "part loss", name: "loss" },
      { id: "part backward", name: "loss and backward" },
      { id: "part optimizer", name: "optimizer step" },
      { id: "part batch", name: "a batch from the loader" },
    ],
  },
  {
    title: "MLP 784-128-10, batch 128",
    tolerance: float32,
    rows: [{ id: "mlp step", name: "step: matmul, relu, cross entropy, SGD" }],
  },
  {
    title: "matmul",
    tolerance: float32,
    rows: matrices.map((n) => ({ id: `matmul ${n}`, name: `matmul ${n} × ${n}` })),
    curve: { x: "rows and columns", at: matrices },
  },
  ...["add", "exp", "sum"].map((op) => ({
    title: op,
    tolerance: float32,
    rows: sizes.map((n) => ({ id: `${op} ${n}`, name: `${op} of ${size(n)} elements` })),
    curve: { x: "elements", at: sizes },
  })),
];

/** Timed in a new process each. */
export const startRows = [
  { id: "import", name: "import of the library" },
  { id: "first", name: "first operation: mul of 100 floats" },
  { id: "first large", name: "first large operation: matmul 512 × 512" },
  { id: "first wasm", name: "the same with TORCHLAB_ENGINE=wasm" },
];
