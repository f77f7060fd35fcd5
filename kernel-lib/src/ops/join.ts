// Owns joining tensors into one. Imports apply, shapes and dtypes.
import { describe, shapeText } from "../check";
import { allocate, convert } from "../memory";
import { normalizeDim, sameShape, type Shape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op } from "./nodes";
import { resultType } from "./operands";

interface Join {
  readonly dim: number;
}

function checkList(name: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors))
    throw new TypeError(`${name}: expected an array of tensors, got ${describe(tensors)}`);
  if (tensors.length === 0) throw new RangeError(`${name}: expected a non-empty array of Tensors`);
}

// PyTorch lets an empty vector join tensors of any shape.
const isLegacyEmpty = (shape: Shape): boolean => shape.length === 1 && shape[0] === 0;

const catOp: Op<Join> = new Op({
  name: "cat",
  kind: "movement",
  infer(inputs, { dim }) {
    const first = inputs.findIndex(({ shape }) => !isLegacyEmpty(shape));
    if (first < 0) return { shape: [0], dtype: resultType(inputs) };
    const shape = [...inputs[first].shape];
    if (shape.length === 0)
      throw new RangeError("cat: zero-dimensional tensor (at position 0) cannot be concatenated; use stack");
    inputs.forEach((input, i) => {
      if (i <= first || isLegacyEmpty(input.shape)) return;
      if (input.ndim !== shape.length) {
        throw new RangeError(
          `cat: Tensors must have same number of dimensions: got ${shape.length} and ${input.ndim}`,
        );
      }
      input.shape.forEach((n, d) => {
        if (d === dim) shape[d] += n;
        else if (n !== shape[d]) {
          throw new RangeError(
            `cat: Sizes of tensors must match except in dimension ${dim}. Expected size ${shape[d]} but got size ${n} ` +
              `for tensor number ${i} in the list.`,
          );
        }
      });
    });
    return { shape, dtype: resultType(inputs) };
  },
  kernel(inputs, out, { dim }) {
    const result = allocate(out.dtype, sizeOf(out.shape));
    const row = sizeOf(out.shape.slice(dim));
    let start = 0;
    for (const input of inputs) {
      const data = convert(input.storage.data, input.dtype, out.dtype);
      const block = isLegacyEmpty(input.shape) ? 0 : sizeOf(input.shape.slice(dim));
      for (let i = 0, o = start; i < data.length; i += block, o += row)
        result.set(data.subarray(i, i + block), o);
      start += block;
    }
    return result;
  },
  pullback(g, saved) {
    const { dim } = saved.attributes;
    let start = 0;
    return saved.specs.map(({ shape, dtype }, i) => {
      const from = start;
      start += isLegacyEmpty(shape) ? 0 : shape[dim];
      if (!saved.needs(i)) return null;
      return isLegacyEmpty(shape)
        ? g.reshape(-1).narrow(0, 0, 0)
        : g.narrow(dim, from, start - from).to(dtype);
    });
  },
});

/**
 * The tensors one after another along `dim`; their other sizes must agree. Element types are promoted.
 * @throws RangeError where sizes differ, or the list is empty
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  checkList("cat", tensors);
  const rank = Math.max(...tensors.map(({ ndim }) => ndim));
  return apply(catOp, tensors, { dim: normalizeDim("cat", dim, rank) });
}

const stackOp: Op<Join> = new Op({
  name: "stack",
  kind: "movement",
  infer(inputs, { dim }) {
    const { shape } = inputs[0];
    inputs.forEach((input, i) => {
      if (sameShape(input.shape, shape)) return;
      throw new RangeError(
        `stack: stack expects each tensor to be equal size, but got ${shapeText(shape)} at entry 0 and ${shapeText(input.shape)} at entry ${i}`,
      );
    });
    return { shape: [...shape.slice(0, dim), inputs.length, ...shape.slice(dim)], dtype: resultType(inputs) };
  },
  kernel(inputs, out, { dim }) {
    const result = allocate(out.dtype, sizeOf(out.shape));
    const block = sizeOf(out.shape.slice(dim + 1));
    inputs.forEach((input, k) => {
      const data = convert(input.storage.data, input.dtype, out.dtype);
      if (block === 1 && data.length === 1) result[k] = data[0];
      else
        for (let i = 0, o = k * block; i < data.length; i += block, o += inputs.length * block)
          result.set(data.subarray(i, i + block), o);
    });
    return result;
  },
  pullback: (g, saved) =>
    saved.specs.map(({ dtype }, i) => (saved.needs(i) ? g.select(saved.attributes.dim, i).to(dtype) : null)),
});

/**
 * The tensors, all of one shape, along a new dim at `dim`.
 * @throws RangeError where shapes differ, or the list is empty
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  checkList("stack", tensors);
  return apply(stackOp, tensors, { dim: normalizeDim("stack", dim, (tensors[0]?.ndim ?? 0) + 1) });
}
