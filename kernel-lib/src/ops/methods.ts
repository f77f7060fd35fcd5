// Owns what methods Tensor has: they follow from the rules and from the functions of the modules in this folder.
import type { Pointwise, PointwiseInPlace } from "../generated/pointwise";
import type { Tensor } from "../tensor";
import { pointwise, pointwiseInPlace, pointwiseOps } from "./apply";
import * as arrange from "./arrange";
import * as assign from "./assign";
import * as cumulative from "./cumulative";
import * as decimals from "./decimals";
import * as determinant from "./determinant";
import * as extrema from "./extrema";
import * as gather from "./gather";
import * as indexing from "./indexing";
import * as linalg from "./linalg";
import * as movement from "./movement";
import * as order from "./order";
import * as products from "./products";
import type { UniqueDim, UniqueOptions, UniqueResult, ValuesAndIndices } from "./order";
import * as reduce from "./reduce";
import type { ReduceOptions } from "./reduced";
import * as softmax from "./softmax";
import * as statistics from "./statistics";
import * as write from "./write";

/**
 * The functions of a module, whose first parameter is the tensor, as methods. Nothing here may compare a type with
 * Tensor, whose own members are being made.
 */
type Methods<M> = {
  [K in keyof M]: M[K] extends (x: infer _X, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;
};

/** The methods of several forms, of which a type made from the functions would have the last only. */
interface Overloaded {
  /** The median of all elements, as a tensor of no dims. */
  median(): Tensor;
  /** The medians along `dim`, and their places. */
  median(dim: number, options?: ReduceOptions): ValuesAndIndices;
  /** The elements, or the slices of `dim`, without repetition, with where in them each is, and how often. */
  unique(options: UniqueOptions): UniqueResult;
  /** The elements, or the slices of `dim`, without repetition, in ascending order. */
  unique(options?: UniqueDim): Tensor;
  /** Where this tensor is not 0: one row of indices an element. */
  nonzero(): Tensor;
  /** The same as one vector a dim, with which `at` reads those elements. */
  nonzero(options: { asTuple: true }): Tensor[];
}

export interface TensorMethods
  extends Pointwise<Tensor>,
    PointwiseInPlace<Tensor>,
    Methods<typeof reduce>,
    Methods<Omit<typeof extrema, "max" | "min">>,
    Methods<typeof statistics>,
    Methods<typeof cumulative>,
    Methods<typeof movement>,
    Methods<typeof linalg>,
    Methods<typeof determinant>,
    Methods<typeof indexing>,
    Methods<typeof arrange>,
    Methods<typeof gather>,
    Methods<typeof assign>,
    Omit<Methods<typeof order>, keyof Overloaded>,
    Overloaded,
    Methods<typeof products>,
    Methods<typeof softmax>,
    Methods<typeof write> {
  /** The dims in reverse order: a matrix transposed. */
  readonly T: Tensor;
  /** The integer nearest to each element, halves going to the even one; or so many `decimals`. */
  round(options?: decimals.RoundOptions): Tensor;
  /** Puts into this tensor what `round` gives. */
  round_(options?: decimals.RoundOptions): Tensor;
  /** The greatest element; with a tensor, the greater of the two; with a dim, the greatest along it, with places. */
  max(other?: Tensor): Tensor;
  max(dim: number, options?: ReduceOptions): extrema.Extrema;
  /** The smallest element; with a tensor, the smaller of the two; with a dim, the smallest along it, with places. */
  min(other?: Tensor): Tensor;
  min(dim: number, options?: ReduceOptions): extrema.Extrema;
}

type AnyFunction = (...args: never[]) => unknown;

const asMethod = (f: AnyFunction) =>
  function (this: Tensor, ...rest: unknown[]): unknown {
    return f(this as never, ...(rest as never[]));
  };

/** The operands of a method. Written out for the usual numbers of them, since V8 then makes no array but the result. */
function operands(first: Tensor, rest: readonly unknown[]): unknown[] {
  if (rest.length === 0) return [first];
  if (rest.length === 1) return [first, rest[0]];
  if (rest.length === 2) return [first, rest[0], rest[1]];
  return [first, ...rest];
}

const structural: Record<string, AnyFunction> = {
  ...reduce, ...extrema, ...statistics, ...cumulative, ...movement, ...linalg, ...indexing, ...softmax, ...write,
  ...arrange, ...gather, ...assign, ...order, ...products, ...decimals, ...determinant,
};

/** Gives `prototype`, that of Tensor, its methods. */
export function attachMethods(prototype: object): void {
  for (const [name, op] of Object.entries(pointwiseOps)) {
    Object.defineProperty(prototype, name, {
      value(this: Tensor, ...rest: unknown[]) {
        return pointwise(op, operands(this, rest));
      },
      writable: true,
    });
    Object.defineProperty(prototype, `${name}_`, {
      value(this: Tensor, ...rest: unknown[]) {
        return pointwiseInPlace(op, this, operands(this, rest));
      },
      writable: true,
    });
  }
  // After the rules, one of which takes options besides.
  for (const [name, f] of Object.entries(structural))
    Object.defineProperty(prototype, name, { value: asMethod(f), writable: true });
  Object.defineProperty(prototype, "T", {
    get(this: Tensor): Tensor {
      return movement.permute(this, ...this.shape.map((_, i) => this.ndim - 1 - i));
    },
  });
}
