// Owns where an operation is computed: on the host or by the engine. Pure; imports shapes and types.
//
// The host has no fixed cost to speak of, an engine has a few microseconds a call, and is faster by the element. The
// constants are where the two meet, as `npm run calibrate` measures it: see docs/engines.md for its table.
import { type Shape, sizeOf } from "../shape";

/** What an operation does, as far as its cost goes. */
export type Kind = "pointwise" | "reduction" | "matmul" | "movement";

export type EngineName = "host" | "tensorflow" | "wasm";

interface Sized {
  readonly shape: Shape;
}

/** How much an operation has to do: elements of the result or of what is reduced; multiplications of a product. */
export function workOf(kind: Kind, inputs: readonly Sized[], out: Sized): number {
  switch (kind) {
    case "reduction":
      return sizeOf(inputs[0].shape);
    case "matmul":
      // √(nk · km · nm) = nkm, whichever way round the operands are kept.
      return Math.sqrt(sizeOf(inputs[0].shape) * sizeOf(inputs[1].shape) * sizeOf(out.shape));
    case "pointwise":
    case "movement":
      return sizeOf(out.shape);
  }
}

/** The least work that pays, by engine. */
export const LEAST_WORK: Readonly<Record<Exclude<EngineName, "host">, Readonly<Record<Kind, number>>>> = {
  tensorflow: {
    pointwise: 4096,
    // Up to here sums are PyTorch's to the last bit; above, PyTorch's own depend on its number of threads.
    reduction: 32768,
    matmul: 16384,
    movement: 65536,
  },
  wasm: {
    pointwise: 4096,
    reduction: Infinity,
    matmul: 13824,
    movement: Infinity,
  },
};

/** The part of that which pays where an operand is with the engine only: the host would have to copy it home first. */
export const AWAY = 0.5;
