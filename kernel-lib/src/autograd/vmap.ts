// Owns vmap: a function of samples made one of batches.
// Imports tensor and the operations that take batches apart and put them together.
import { checkInteger, describe } from "../check";
import { zeros } from "../creation";
import { movedim } from "../ops/arrange";
import { narrow, select } from "../ops/indexing";
import { stack } from "../ops/join";
import { normalizeDim } from "../shape";
import { Tensor } from "../tensor";

/** A dim of the batch, one an operand or result; null for an operand that all samples share. */
type Dims = number | null | readonly (number | null)[];

export interface VmapOptions {
  /** Along which dim of each operand the samples lie; null: all share it. One number stands for all. Default 0. */
  inDims?: Dims;
  /** Where that dim is to be in each result. One number stands for all. Default 0. */
  outDims?: number | readonly number[];
}

const NAME = "vmap";

/** How many samples there are, and for each operand the dim that they lie along, null where it has none. */
function batchOf(operands: readonly unknown[], inDims: Dims): { size: number; dims: (number | null)[] } {
  if (operands.length === 0)
    throw new TypeError("vmap: got no inputs. Maybe you forgot to add inputs; one that has none is unsupported.");
  if (Array.isArray(inDims) && inDims.length !== operands.length)
    throw new RangeError(`vmap: inDims has ${inDims.length} dims, and there are ${operands.length} inputs`);
  const dims = operands.map((operand, i) => {
    const dim = (Array.isArray(inDims) ? inDims[i] : inDims) as number | null;
    if (dim === null) return null;
    checkInteger(NAME, "inDims", dim);
    if (!(operand instanceof Tensor)) {
      throw new TypeError(
        `vmap: Got inDim ${dim} for an input but the input is ${describe(operand)}. Only Tensors have dims: use null as its inDim`,
      );
    }
    if (operand.ndim === 0)
      throw new RangeError(`vmap: Got inDim ${dim} for input ${i}, which is a Tensor of dimensionality 0`);
    return normalizeDim(NAME, dim, operand.ndim);
  });
  const sizes = dims.flatMap((dim, i) => (dim === null ? [] : [(operands[i] as Tensor).shape[dim]]));
  if (sizes.length === 0) throw new TypeError("vmap: every inDim is null: there is no dim to map over");
  if (sizes.some((size) => size !== sizes[0])) {
    throw new RangeError(
      `vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [${sizes.join(", ")}] for the mapped dimension`,
    );
  }
  return { size: sizes[0], dims };
}

function checkedResults(value: unknown): readonly Tensor[] {
  const results: readonly unknown[] = Array.isArray(value) ? value : [value];
  const odd = results.find((result) => !(result instanceof Tensor));
  if (odd !== undefined || results.length === 0)
    throw new TypeError(`vmap: the function must only return Tensors, got ${describe(odd ?? value)}`);
  return results as Tensor[];
}

/**
 * A function of batches that gives, for each sample, what `f` gives of it; the results are stacked.
 *
 *     const perSample = pt.func.vmap(pt.func.grad(loss), { inDims: [null, 0, 0] });
 *     perSample(w, X, y);   // the gradient of each sample's loss
 *
 * It saves the bookkeeping, not the time: `f` is called once a sample, where PyTorch's calls it once with operations on
 * batches. So `f` may read numbers and branch on them, which PyTorch's may not, and draws anew for each sample. Of an
 * empty batch `f` is called once with zeros, for the shapes of its results.
 * @throws RangeError where the operands have different numbers of samples
 * @see https://pytorch.org/docs/stable/generated/torch.func.vmap.html
 */
export function vmap<A extends unknown[], R extends Tensor | readonly Tensor[]>(
  f: (...operands: A) => R,
  { inDims = 0, outDims = 0 }: VmapOptions = {},
): (...operands: A) => R {
  return (...operands) => {
    const { size, dims } = batchOf(operands, inDims);
    const sampleOf = (batch: Tensor, dim: number, i: number): Tensor =>
      size > 0 ? select(batch, dim, i) : zeros(batch.shape.filter((_, d) => d !== dim), { dtype: batch.dtype });
    const sample = (i: number): A =>
      operands.map((operand, k) => (dims[k] === null ? operand : sampleOf(operand as Tensor, dims[k], i))) as A;
    const returned = Array.from({ length: Math.max(size, 1) }, (_, i) => f(...sample(i)));
    const lists = returned.map(checkedResults);
    const count = lists[0].length;
    const places: readonly number[] = typeof outDims === "number" ? Array<number>(count).fill(outDims) : outDims;
    if (places.length !== count)
      throw new RangeError(`vmap: outDims has ${places.length} dims, and the function returned ${count} Tensors`);
    const batches = places.map((place, k) => {
      const stacked = stack(lists.map((results) => results[k]));
      return movedim(size > 0 ? stacked : narrow(stacked, 0, 0, 0), 0, place);
    });
    return (Array.isArray(returned[0]) ? batches : batches[0]) as R;
  };
}
