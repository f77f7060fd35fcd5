// Owns what an operation is to an engine, and how it reaches one. Imports selection and storage.
import type { DTypeName, TypedArray } from "../dtype";
import type { Shape } from "../shape";
import type { Kind } from "./placement";
import { engineFor, mayLeaveHost } from "./selection";
import { Storage } from "./storage";

/** What is known of a tensor before it is computed. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DTypeName;
}

/** What a kernel reads: any tensor is one. */
export interface Operand extends Spec {
  readonly storage: Storage;
  /** Whether it stands for a number among the operands. */
  readonly isNumber: boolean;
}

/**
 * Computes an operation in typed arrays. With a `target`, the result is written there; it may be the array of an
 * operand of the same shape. The only element of a result may also come as a number, as the result's type holds it.
 */
export type Kernel<A> = (
  inputs: readonly Operand[], out: Spec, attributes: A, target?: TypedArray,
) => TypedArray | number;

/** What an engine needs to know of an operation. The kernel is the host's: the one that every operation has. */
export interface Computation<A> {
  readonly name: string;
  readonly kind: Kind;
  readonly kernel: Kernel<A>;
}

/** Computes `op` where that is fastest, or on the engine that was asked for. */
export function run<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): Storage {
  if (mayLeaveHost(inputs, out)) {
    const storage = engineFor(op, inputs, out, attributes)?.run(op, inputs, out, attributes);
    if (storage) return storage;
  }
  const made = op.kernel(inputs, out, attributes);
  return typeof made === "number" ? Storage.of(made, out.dtype) : new Storage(made);
}

/** Computes `op` into the storage of its first operand. */
export function runInPlace<A>(op: Computation<A>, inputs: readonly Operand[], out: Spec, attributes: A): void {
  if (mayLeaveHost(inputs, out) && out.dtype === "float32") {
    if (engineFor(op, inputs, out, attributes)?.runInPlace(op, inputs, out, attributes)) return;
  }
  op.kernel(inputs, out, attributes, inputs[0].storage.write());
}
