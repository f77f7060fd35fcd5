// The data of the rows as plain arrays, for the peers that are not torchlab: the same numbers as in its peer.
// Imports the built library.
import pt from "torchlab";

/** 100 points near a line through 0, as typed arrays of `dtype`. */
export function points(dtype) {
  const ArrayType = dtype === pt.float64 ? Float64Array : Float32Array;
  pt.manualSeed(0);
  const X = pt.linspace(-5, 5, 100, { dtype });
  const y = X.mul(2).add(pt.randn(100, { dtype }));
  return { xs: ArrayType.from(X.toArray()), ys: ArrayType.from(y.toArray()) };
}

/** n float32 from 0.5 to 1.5. */
export function values(n) {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = 0.5 + i / (n - 1);
  return out;
}

/** Pictures [128, 784], their classes, and the weights of two layers, [784, 128] and [128, 10]. */
export function mlp() {
  pt.manualSeed(0);
  const flat = (tensor) => Float32Array.from(tensor.flatten().toArray());
  const X = flat(pt.randn(128, 784));
  const classes = Array.from({ length: 128 }, (_, i) => i % 10);
  return { X, classes, W1: flat(pt.randn(784, 128).mul(0.04)), W2: flat(pt.randn(128, 10).mul(0.1)) };
}
