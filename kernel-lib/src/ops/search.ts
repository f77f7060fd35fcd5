// Owns searching what is sorted. Imports tensors and shapes.
import { shapeText } from "../check";
import { Storage } from "../engines/storage";
import { allocate, convert } from "../memory";
import { sameShape } from "../shape";
import { Tensor } from "../tensor";
import { checkTensors, resultType, toOperand } from "./operands";

export interface SearchOptions {
  /** Behind the elements that are equal to a value, instead of before them. Default false. */
  right?: boolean;
}

/** How many elements from `start` on, n of them and ascending, come before a place for `value`. */
function search(data: ArrayLike<number>, start: number, n: number, value: number, right: boolean): number {
  let [low, high] = [0, n];
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = data[start + middle];
    // Written with "not" so that NaN goes to the end, as in PyTorch.
    if (right ? !(at > value) : !(at >= value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * For each of `values` the place in `sorted` at which it could be put so that the order stays.
 * @param sorted ascending along its last dim; a vector, or rows for the rows of `values`
 * @returns int64, of the shape of `values`
 * @see https://pytorch.org/docs/stable/generated/torch.searchsorted.html
 */
export function searchsorted(sorted: Tensor, values: Tensor | number, { right = false }: SearchOptions = {}): Tensor {
  checkTensors("searchsorted", [sorted]);
  const wanted = toOperand("searchsorted", values);
  const { shape } = wanted;
  if (sorted.ndim === 0) throw new RangeError("searchsorted: boundaries tensor should have positive dimension, but got 0 dimension");
  if (shape.length === 0 && sorted.ndim !== 1) {
    throw new RangeError(
      `searchsorted: input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries tensor dim(${sorted.ndim})`,
    );
  }
  const areRows = shape.length === sorted.ndim && sameShape(sorted.shape.slice(0, -1), shape.slice(0, -1));
  if (sorted.ndim !== 1 && !areRows) {
    throw new RangeError(
      "searchsorted: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value " +
        `tensor must match, but we got boundaries tensor ${shapeText(sorted.shape)} and input value tensor ${shapeText(shape)}`,
    );
  }
  const dtype = resultType([sorted, wanted]);
  if (dtype === "bool") throw new TypeError("searchsorted: not implemented for bool");
  const [data, sought] = [sorted, wanted].map((x) => convert(x.storage.data, x.dtype, dtype));
  const out = allocate("int64", sought.length);
  const n = sorted.shape[sorted.ndim - 1];
  const perRow = sorted.ndim === 1 ? Infinity : shape[shape.length - 1];
  for (let i = 0; i < out.length; i++) out[i] = search(data, Math.floor(i / perRow) * n, n, sought[i], right);
  return new Tensor(new Storage(out), { shape, dtype: "int64" });
}
