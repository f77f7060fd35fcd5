// Owns what an engine is and how an operation reaches one. Imports types only.
import type { DTypeName, TypedArray } from "../dtype";
import type { Shape } from "../shape";

/** What is known of a tensor before it is computed. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DTypeName;
}

/** Elements, row-major, and how often they were written in place. Tensors that share elements share this. */
export class Storage {
  /** Counts the writes in place, so that backward notices that a saved value is no longer the same. */
  version = 0;
  /** Whether a reshaped tensor shares these elements, with a history of its own. */
  isShared = false;
  constructor(readonly data: TypedArray) {}
}

/** What a kernel reads: any tensor is one. */
export interface Operand extends Spec {
  readonly storage: Storage;
}

/**
 * Computes an operation in typed arrays. With a `target`, the result is written there; it may be the array of an
 * operand of the same shape.
 */
export type Kernel<A> = (inputs: readonly Operand[], out: Spec, attributes: A, target?: TypedArray) => TypedArray;

/** What an engine needs to know of an operation. The kernel is the host's: the one that every operation has. */
export interface Computation<A> {
  readonly name: string;
  readonly kernel: Kernel<A>;
}

/** Computes `op` on the engine that holds its operands: the host. */
export function run<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): Storage {
  return new Storage(op.kernel(inputs, out, attributes));
}

/** Computes `op` into the storage of its first operand. */
export function runInPlace<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): void {
  const { storage } = inputs[0];
  op.kernel(inputs, out, attributes, storage.data);
  storage.version++;
}
