// Owns sums of products over named dims: einsum and tensordot, from movements, sums and the matrix product.
// Imports these and shapes. Nothing here is a method.
import { checkInteger, describe, integersOf, shapeText } from "../check";
import { normalizeDim, range, type Shape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { diagonal } from "./arrange";
import { select } from "./indexing";
import { matmul } from "./linalg";
import { permute, reshape } from "./movement";
import { checkTensors } from "./operands";
import { sum } from "./reduce";

/** A tensor whose dims have names. */
interface Named {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** The sum over the dims whose names are not among `kept`. */
function summed({ x, labels }: Named, kept: ReadonlySet<string>): Named {
  const dims = range(labels.length).filter((dim) => !kept.has(labels[dim]));
  return dims.length === 0 ? { x, labels } : { x: sum(x, dims), labels: labels.filter((label) => kept.has(label)) };
}

/** With the dims in the order of `labels`. */
function arranged({ x, labels: own }: Named, labels: readonly string[]): Tensor {
  return permute(x, labels.map((label) => own.indexOf(label)));
}

/** Without the dims of size 1 that `other` has with another size: they broadcast. */
function withoutBroadcast({ x, labels }: Named, other: Named): Named {
  const dim = labels.findIndex((label, i) => {
    const there = other.labels.indexOf(label);
    return x.shape[i] === 1 && there >= 0 && other.x.shape[there] !== 1;
  });
  if (dim < 0) return { x, labels };
  return withoutBroadcast({ x: select(x, dim, 0), labels: labels.filter((_, i) => i !== dim) }, other);
}

/** The product of two tensors, summed over the names that are not among `kept`. */
function contracted(first: Named, second: Named, kept: ReadonlySet<string>): Named {
  const [left, right] = [withoutBroadcast(first, second), withoutBroadcast(second, first)];
  const a = summed(left, new Set([...kept, ...right.labels]));
  const b = summed(right, new Set([...kept, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => kept.has(label));
  const inner = shared.filter((label) => !kept.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const sizesIn = ({ x, labels }: Named, named: readonly string[]): Shape =>
    named.map((label) => x.shape[labels.indexOf(label)]);
  const [count, k] = [sizesIn(a, batch), sizesIn(a, inner)];
  const [n, m] = [sizesIn(a, rows), sizesIn(b, columns)];
  const product = matmul(
    reshape(arranged(a, [...batch, ...rows, ...inner]), [sizeOf(count), sizeOf(n), sizeOf(k)]),
    reshape(arranged(b, [...batch, ...inner, ...columns]), [sizeOf(count), sizeOf(k), sizeOf(m)]),
  );
  return { x: reshape(product, [...count, ...n, ...m]), labels: [...batch, ...rows, ...columns] };
}

const ELLIPSIS = "...";

/** The names in one part of an equation, an ellipsis being one of them. */
function labelsIn(text: string, what: string): string[] {
  const labels: string[] = text.match(/\.\.\.|[^]/g) ?? [];
  labels.forEach((label, i) => {
    if (label === ".") throw new RangeError(`einsum: found '.' for ${what} that is not part of any ellipsis`);
    if (label === ELLIPSIS && labels.indexOf(label) < i) throw new RangeError(`einsum: found '.' for ${what} for which an ellipsis was already found`);
    if (label !== ELLIPSIS && !/[a-zA-Z]/.test(label)) {
      throw new RangeError(`einsum: invalid subscript ${describe(label)} for ${what}, subscripts must be in [a-zA-Z]`);
    }
  });
  return labels;
}

/** Names for `n` dims of an ellipsis: they are aligned at the right, as in broadcasting. */
const ellipsis = (n: number): string[] => range(n).map((i) => `.${n - i}`);

/** An operand with its dims' names, of which each is left once: where one is repeated, the diagonal is meant. */
function operand(text: string, x: Tensor, i: number): Named {
  const written = labelsIn(text, `operand ${i}`);
  const named = written.filter((label) => label !== ELLIPSIS).length;
  const open = written.includes(ELLIPSIS);
  if (open ? named > x.ndim : named !== x.ndim) {
    throw new RangeError(
      `einsum: the number of subscripts in the equation (${named}) ${open ? "is more than" : "does not match"} the number of ` +
        `dimensions (${x.ndim}) for operand ${i}${open ? "" : " and no ellipsis was given"}`,
    );
  }
  let labels = written.flatMap((label) => (label === ELLIPSIS ? ellipsis(x.ndim - named) : [label]));
  let own = x;
  for (;;) {
    const dim1 = labels.findIndex((label, dim) => labels.indexOf(label) < dim);
    if (dim1 < 0) return { x: own, labels };
    const label = labels[dim1];
    const dim0 = labels.indexOf(label);
    const [m, n] = [own.shape[dim0], own.shape[dim1]];
    if (m !== n) throw new RangeError(`einsum: subscript ${label} is repeated for operand ${i} but the sizes don't match, ${n} != ${m}`);
    own = diagonal(own, 0, dim0, dim1);
    labels = [...labels.filter((_, dim) => dim !== dim0 && dim !== dim1), label];
  }
}

function checkSizes(operands: readonly Named[]): void {
  const sizes = new Map<string, number>();
  operands.forEach(({ x, labels }, i) => {
    labels.forEach((label, dim) => {
      const [size, before] = [x.shape[dim], sizes.get(label) ?? 1];
      if (size !== 1 && before !== 1 && size !== before) {
        throw new RangeError(
          `einsum: subscript ${label} has size ${size} for operand ${i} which does not broadcast with previously seen size ${before}`,
        );
      }
      if (before === 1) sizes.set(label, size);
    });
  });
}

/** The letters that occur once on the left side of an equation, upper case first. */
function single(left: string): string[] {
  const letters = [...left.replace(/[^a-zA-Z]/g, "")];
  const isSingle = (letter: string): boolean => letters.indexOf(letter) === letters.lastIndexOf(letter);
  return letters.filter(isSingle).sort((a, b) => (a < b ? -1 : 1));
}

/** The names of the result's dims: as the right side says; without one, an ellipsis and the letters that occur once. */
function outputLabels(left: string, right: string | undefined, operands: readonly Named[]): string[] {
  const all = operands.flatMap(({ labels }) => labels);
  const rank = Math.max(...operands.map(({ labels }) => labels.filter((label) => label.startsWith(".")).length));
  if (right === undefined) return [...ellipsis(rank), ...single(left)];
  const labels = labelsIn(right, "the output");
  labels.forEach((label, i) => {
    if (label === ELLIPSIS) return;
    if (labels.indexOf(label) < i) throw new RangeError(`einsum: output subscript ${label} appears more than once in the output`);
    if (!all.includes(label)) {
      throw new RangeError(`einsum: output subscript ${label} does not appear in the equation for any input operand`);
    }
  });
  return labels.flatMap((label) => (label === ELLIPSIS ? ellipsis(rank) : [label]));
}

/**
 * The sum of products that `equation` writes with a letter for each dim, from the left to the right:
 *
 *     pt.einsum("ij,jk->ik", a, b)      // the product of two matrices
 *     pt.einsum("bij,bj->bi", a, x)     // of matrices and vectors, one by one
 *     pt.einsum("ii->", a)              // the trace
 *     pt.einsum("...ij->...ji", a)      // transposed, whatever dims are in front
 * @throws RangeError where the equation does not fit the operands
 * @see https://pytorch.org/docs/stable/generated/torch.einsum.html
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  if (typeof equation !== "string") throw new TypeError(`einsum: expected an equation, got ${describe(equation)}`);
  checkTensors("einsum", operands);
  const [left, right, ...more] = equation.replace(/ /g, "").split("->");
  if (more.length > 0) throw new RangeError(`einsum: found more than one "->" in ${describe(equation)}`);
  const texts = left.split(",");
  if (texts.length !== operands.length || operands.length === 0) {
    const few = operands.length < texts.length ? "fewer" : "more";
    throw new RangeError(`einsum: ${few} operands were provided than specified in the equation`);
  }
  const named = texts.map((text, i) => operand(text, operands[i], i));
  checkSizes(named);
  const wanted = outputLabels(left, right, named);
  let result = named[0];
  for (let i = 1; i < named.length; i++) {
    const later = named.slice(i + 1).flatMap(({ labels }) => labels);
    result = contracted(result, named[i], new Set([...wanted, ...later]));
  }
  return arranged(summed(result, new Set(wanted)), wanted);
}

/**
 * The sum of products over dims of `a` and as many of `b`: the last `dims` of a and the first of b, or those named in
 * two lists. The result has the other dims of a, then those of b.
 * @throws RangeError where their sizes differ
 * @see https://pytorch.org/docs/stable/generated/torch.tensordot.html
 */
export function tensordot(
  a: Tensor, b: Tensor, dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  checkTensors("tensordot", [a, b]);
  if (typeof dims === "number") {
    checkInteger("tensordot", "dims", dims);
    if (dims < 0) throw new RangeError(`tensordot: expects dims >= 0, but got dims=${dims}`);
    if (dims > a.ndim || dims > b.ndim) throw new RangeError(`tensordot: expects dims < ndim_a or ndim_b, but got dims=${dims}`);
    return tensordot(a, b, [range(dims).map((i) => a.ndim - dims + i), range(dims)]);
  }
  const [ofA, ofB] = [a, b].map((x, i) =>
    integersOf("tensordot", "dims", dims[i]).map((dim) => normalizeDim("tensordot", dim, x.ndim)),
  );
  if (ofA.length !== ofB.length) throw new RangeError("tensordot: both dimension lists should have same length");
  for (const list of [ofA, ofB]) {
    const twice = list.find((dim, i) => list.indexOf(dim) < i);
    if (twice !== undefined) throw new RangeError(`tensordot: dim ${twice} appears multiple times in the list of dims`);
  }
  ofA.forEach((dim, i) => {
    const [m, n] = [a.shape[dim], b.shape[ofB[i]]];
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(
        `tensordot: contracted dimensions need to match, but first has size ${m} in dim ${dims[0][i]} and second has size ${n} ` +
          `in dim ${dims[1][i]}: ${shapeText(a.shape)} and ${shapeText(b.shape)}`,
      );
    }
  });
  const named = (x: Tensor, side: string): string[] => range(x.ndim).map((dim) => `${side}${dim}`);
  const [labelsA, labelsB] = [named(a, "a"), named(b, "b")];
  ofB.forEach((dim, i) => (labelsB[dim] = labelsA[ofA[i]]));
  const wanted = [
    ...labelsA.filter((_, dim) => !ofA.includes(dim)),
    ...labelsB.filter((_, dim) => !ofB.includes(dim)),
  ];
  return arranged(contracted({ x: a, labels: labelsA }, { x: b, labels: labelsB }, new Set(wanted)), wanted);
}
