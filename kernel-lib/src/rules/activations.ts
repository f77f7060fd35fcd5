// Owns the activations of neural networks among the pointwise operations. Imports erf.ts, and types of rules.ts, which
// merges this table into its own.
import { erf } from "../erf";
import type { Algebra, Rule } from "../rules";

const needsFloats = { operands: [0], message: "not implemented for integers. Convert with .to(pt.float32) first." };

/** a where it is not positive (or NaN), else 0: what an exponential may take without becoming infinite. */
const unlessPositive = <T extends Algebra<T>>(a: T): T => a.where(a.gt(0).eq(0), 0);

/** ln(1 + e^x), whose exponential does not overflow. */
const logOnePlusExp = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const softplus = (a: number, b: number, c: number, scaled: number): number =>
  scaled > c ? a : logOnePlusExp(scaled) / b;

const ROOT_HALF = Math.SQRT1_2;
// The density of the normal distribution at 0.
const DENSITY = 0.3989422804014327;
// tanh(SLOPE·(a + CUBIC·a³)) is near erf(a/√2).
const SLOPE = 0.7978845608028654;
const CUBIC = 0.044715;

export const activations = {
  /** 1 / (1 + e^−a), element by element. */
  sigmoid: {
    value: (a) => 1 / (1 + Math.exp(-a)),
    grad: [(g, { y }) => g.mul(y.neg().add(1)).mul(y)],
    result: "float",
  },
  /** a where it is positive, else a · b; b is 0.01 where left out. */
  leakyRelu: {
    value: (a, b) => (a > 0 ? a : a * b),
    defaults: [0.01],
    grad: [(g, { a, b }) => g.where(a.gt(0), g.mul(b)), (g, { a }) => g.mul(unlessPositive(a))],
    result: "float",
    needsFloats,
  },
  /** a where it is positive, else b · (e^a − 1); b is 1 where left out. */
  elu: {
    value: (a, b) => (a > 0 ? a : b * Math.expm1(a)),
    defaults: [1],
    grad: [
      (g, { a, b }) => g.where(a.gt(0), g.mul(b).mul(unlessPositive(a).exp())),
      (g, { a }) => g.mul(unlessPositive(a).expm1()),
    ],
    result: "float",
    needsFloats,
  },
  /** a · Φ(a), with Φ the distribution function of the normal distribution. */
  gelu: {
    value: (a) => 0.5 * a * (1 + erf(a * ROOT_HALF)),
    grad: [
      // g · (Φ(a) + a·φ(a))
      (g, { a }) =>
        g.mul(a.mul(ROOT_HALF).erf().add(1).mul(0.5).add(a.mul(a.mul(a).mul(-0.5).exp().mul(DENSITY)))),
    ],
    result: "float",
    needsFloats,
  },
  /** `gelu` by an approximation with tanh: a/2 · (1 + tanh(√(2/π) · (a + 0.044715·a³))). */
  geluTanh: {
    value: (a) => 0.5 * a * (1 + Math.tanh(SLOPE * (a + CUBIC * a * a * a))),
    grad: [
      (g, { a }) => {
        const t = a.mul(a).mul(CUBIC).add(1).mul(a).mul(SLOPE).tanh();
        const inner = a.mul(a).mul(3 * CUBIC).add(1).mul(SLOPE);
        const rise = a.mul(t.mul(t).neg().add(1)).mul(inner);
        return g.mul(t.add(1).add(rise).mul(0.5));
      },
    ],
    result: "float",
    needsFloats,
    graphName: "gelu",
  },
  /** a · sigmoid(a), element by element. */
  silu: {
    value: (a) => a / (1 + Math.exp(-a)),
    grad: [
      (g, { a }) => g.mul(a.sigmoid().mul(a.mul(a.sigmoid().neg().add(1)).add(1))),
    ],
    result: "float",
    needsFloats,
  },
  /** ln(1 + e^(a·b)) / b, and a itself where a·b is above c; b is 1 and c 20 where left out. */
  softplus: {
    value: (a, b, c) => softplus(a, b, c, a * b),
    float32: (a, b, c) => softplus(a, b, c, Math.fround(a * b)),
    defaults: [1, 20],
    grad: [
      (g, { a, b, c }) => g.where(a.mul(b).gt(c), g.mul(a.mul(b).sigmoid())),
      // (a·sigmoid(a·b) − y)/b, and 0 where y is a itself
      (g, { a, b, c, y }) => g.mul(a.mul(a.mul(b).sigmoid()).sub(y).div(b)).where(a.mul(b).gt(c).eq(0), 0),
      null,
    ],
    result: "float",
    needsFloats,
  },
} satisfies Record<string, Rule>;
