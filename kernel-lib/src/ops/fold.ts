// Owns the reduction of elements into places of a tensor, which `scatterReduce` names.
// Imports apply, places, making tensors, and the tape's state. Nothing here is a method.
import { ones, onesLike } from "../creation";
import { type DTypeName, exactInteger } from "../dtype";
import { copy } from "../memory";
import { isGradEnabled } from "../tape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op, type SavedTensors } from "./nodes";
import { elementFor, type Places, read, spreadOut, written } from "./places";

/** How several elements become one. */
export type Fold = "sum" | "prod" | "mean" | "amax" | "amin";

export interface Folding extends Places {
  readonly fold: Fold;
  /** Whether what was at a place is one of the elements that are folded there. */
  readonly includeSelf: boolean;
}

const steps: Record<Fold, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  mean: (a, b) => a + b,
  amax: Math.max,
  amin: Math.min,
};

function held(dtype: DTypeName, value: number): number {
  if (dtype === "int64") return exactInteger(value);
  return dtype === "bool" ? Number(value !== 0) : value;
}

/** The first operand with the elements of the second folded into the places. */
const foldOp: Op<Folding> = new Op({
  name: "fold",
  kind: "movement",
  gradFn: () => "ScatterReduceBackward0",
  keepsInputs: true,
  keepsOutput: true,
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  kernel([x, { storage: { data: values } }], { dtype }, { starts, fold, includeSelf }) {
    const result = copy(x.storage.data, dtype);
    const step = steps[fold];
    const counts = new Float64Array(result.length).fill(includeSelf ? 1 : 0);
    for (let i = 0; i < starts.length; i++) {
      const place = starts[i];
      result[place] = counts[place]++ === 0 ? values[i] : held(dtype, step(result[place], values[i]));
    }
    if (fold === "mean") {
      for (let i = 0; i < result.length; i++) {
        if (counts[i] <= 1) continue;
        const mean = result[i] / counts[i];
        result[i] = dtype === "int64" ? Math.floor(mean) : mean;
      }
    }
    return result;
  },
  pullback(g, saved) {
    const { attributes } = saved;
    const [ofSelf, ofValues] = gradients[attributes.fold](g, saved);
    return [
      saved.needs(0) ? (attributes.includeSelf ? ofSelf() : cleared(ofSelf(), attributes)) : null,
      saved.needs(1) ? ofValues() : null,
    ];
  },
});

type Gradients = (g: Tensor, saved: SavedTensors<Folding>) => [ofSelf: () => Tensor, ofValues: () => Tensor];

const cleared = (x: Tensor, places: Places): Tensor =>
  written(x, elementFor("scatterReduce", x, 0), { ...places, accumulate: false });

/** Of each place the sum over itself, where it counts, and over what is folded into it. */
function tally(ofSelf: Tensor, ofValues: Tensor, folding: Folding): Tensor {
  const self = folding.includeSelf ? ofSelf : cleared(ofSelf, folding);
  return self.add(spreadOut(ofValues, ofSelf.shape, folding));
}

/** Those that are the result share its gradient; not, as in PyTorch, one that does not count. */
const ofExtrema: Gradients = (g, saved) => {
  const { attributes } = saved;
  const [x, values, y] = [saved.input(0), saved.input(1), saved.output()];
  const isSelf = x.eq(y).to(g.dtype);
  const isValue = values.eq(read(y, attributes)).to(g.dtype);
  // NaN equals nothing, not even itself as the result: its gradient is 0/0, as in PyTorch.
  const share = g.div(tally(isSelf, isValue, attributes));
  return [() => share.mul(isSelf), () => read(share, attributes).mul(isValue)];
};

const gradients: Record<Fold, Gradients> = {
  sum: (g, { attributes }) => [() => g, () => read(g, attributes)],
  mean(g, { attributes }) {
    const share = g.div(tally(onesLike(g), ones(attributes.shape, { dtype: g.dtype }), attributes));
    return [() => share, () => read(share, attributes)];
  },
  amax: ofExtrema,
  amin: ofExtrema,
  prod(g, saved) {
    const { attributes } = saved;
    const [x, values, y] = [saved.input(0), saved.input(1), saved.output()];
    const all: Folding = { ...attributes, includeSelf: true };
    const ofSelf = (): Tensor => g.mul(folded(onesLike(x), values, all));
    const ofValues = (): Tensor => {
      const isZero = values.eq(0);
      const zeros = read(spreadOut(isZero.to(g.dtype), x.shape, attributes), attributes);
      if (isGradEnabled() && zeros.gt(1).any().item()) {
        throw new Error(
          "scatterReduce: Double backward is unsupported for source when >1 zeros in source are scattered to the same " +
            "position",
        );
      }
      const masked = values.where(isZero.eq(0), 1);
      // Of an only zero the product of the others; of others the result without them.
      const others = folded(attributes.includeSelf ? x : onesLike(x), masked, all);
      const ofZero = read(g.mul(others), attributes).where(zeros.eq(1), 0);
      return ofZero.where(isZero, read(g.mul(y), attributes).div(masked));
    };
    return [ofSelf, ofValues];
  },
};

/** A copy of `x` with `values` of the same type, as many as there are places, folded into the places. */
export const folded = (x: Tensor, values: Tensor, folding: Folding): Tensor => apply(foldOp, [x, values], folding);
