// Owns how the gradient of a pointwise operation is computed in one pass, where that can be.
// Imports tensor, dtypes, expressions and the host's loops.
import { rank, type TypedArray } from "../dtype";
import { type GradientLoop, gradientLoop, type GradientOfOne, gradientOfOne, type Slots, type SlotType } from "../engines/host/gradient";
import { engineFor, stayOnHost } from "../engines/selection";
import { Storage } from "../engines/storage";
import { allocate } from "../memory";
import type { Rule, Saved } from "../rules";
import { sameShape } from "../shape";
import { Tensor } from "../tensor";
import { type Expression, type Gradient, gradientsOf } from "./symbolic";

/** What was made for a gradient, by what is in the slots, as one number; null where it takes more than one pass. */
class Known<F> {
  private readonly all = new Map<number, F | null>();
  private lastKey = -1;
  private last: F | null = null;

  /** Undefined for what was never made. */
  get(key: number): F | null | undefined {
    // A training loop asks for the same one again and again.
    if (key === this.lastKey) return this.last;
    const f = this.all.get(key);
    return f === undefined ? undefined : this.set(key, f);
  }

  set(key: number, f: F | null): F | null {
    this.all.set(key, f);
    this.lastKey = key;
    return (this.last = f);
  }
}

/** A rule's gradient by one operand, with the loops made for it so far. */
export class CompiledGradient implements Gradient {
  readonly kind = "pointwise";
  readonly expression: Expression;
  readonly reads: Gradient["reads"];
  /** Whether it is the result's gradient itself. */
  readonly passesOn: boolean;
  readonly loops = new Known<GradientLoop>();
  /** The same for one element. */
  readonly ofOne = new Known<GradientOfOne>();

  constructor(readonly name: string, { expression, reads }: Gradient) {
    this.expression = expression;
    this.reads = reads;
    this.passesOn = expression.kind === "slot" && expression.slot === "g";
  }
}

/** The gradients of the rule `name`, one an operand; null for one that has none. */
export const compiledGradients = (name: string, rule: Rule): (CompiledGradient | null)[] =>
  gradientsOf(rule).map((gradient, i) => gradient && new CompiledGradient(`${name}.gradient${i}`, gradient));

const NONE = new Float64Array(0);

/** Whether an engine would compute the steps of a gradient of `g`'s size and type. */
const leavesHost = (gradient: CompiledGradient, g: Tensor): boolean =>
  !stayOnHost(g.storage.length) && engineFor(gradient, [g], g, { dtype: g.dtype }) !== null;

/**
 * The gradient from `g` in one pass, with the same bits as step by step; null where there is no such pass, or where the
 * elements are with an engine, or too many for the host.
 * @param isLast whether the caller reads `g` no more: where nobody else has it either, it becomes the gradient itself
 */
export function inOnePass(
  gradient: CompiledGradient, g: Tensor, saved: Saved<Tensor>, isLast = false,
): Tensor | null {
  const { reads } = gradient;
  // Only what the gradient reads was kept.
  const a = reads.a ? saved.a : null;
  const b = reads.b ? saved.b : null;
  const c = reads.c ? saved.c : null;
  const y = reads.y ? saved.y : null;
  const key = codeOf(g, g) | (codeOf(a, g) << 4) | (codeOf(b, g) << 8) | (codeOf(c, g) << 12) | (codeOf(y, g) << 16);
  if (key < 0 || leavesHost(gradient, g)) return null;
  const { storage, spec } = g;
  const n = storage.length;
  const inPlace = isLast && storage.isOwn && !g.isNumber;
  // What is made once is not made by a closure, which would be made each time.
  if (n === 1) {
    let f = gradient.ofOne.get(key);
    if (f === undefined) {
      f = gradient.ofOne.set(key, gradientOfOne(nameOf(gradient, key), gradient, spec.dtype, slotsOf(g, a, b, c, y)));
    }
    if (f === null) return null;
    const value = f(storage, inSlot(a, g), inSlot(b, g), inSlot(c, g), inSlot(y, g));
    if (!inPlace) return new Tensor(Storage.of(value, spec.dtype), spec);
    storage.writeOnly(value);
    return g;
  }
  let loop = gradient.loops.get(key);
  if (loop === undefined) {
    loop = gradient.loops.set(key, gradientLoop(nameOf(gradient, key), gradient, spec.dtype, slotsOf(g, a, b, c, y)));
  }
  if (loop === null) return null;
  const from = storage.data;
  const out = inPlace ? storage.write() : allocate(spec.dtype, n);
  loop(out, n, from, elements(a), elements(b), elements(c), elements(y));
  return inPlace ? g : new Tensor(new Storage(out), spec);
}

type SlotValue = Tensor | null;

const nameOf = (gradient: CompiledGradient, key: number): string => `${gradient.name}.${key}`;

const slotsOf = (g: Tensor, a: SlotValue, b: SlotValue, c: SlotValue, y: SlotValue): Slots =>
  ({ g: typeOf(g, g), a: typeOf(a, g), b: typeOf(b, g), c: typeOf(c, g), y: typeOf(y, g) });

/** What is in a slot; anything where nothing is, which nobody reads then. */
const inSlot = (tensor: SlotValue, g: Tensor): Storage => (tensor ?? g).storage;

const elements = (tensor: SlotValue): TypedArray => (tensor === null ? NONE : tensor.storage.data);

/** Whether a tensor is walked element by element beside `g`, which has its shape, or else has one element for all. */
const isWalked = (tensor: Tensor, g: Tensor): boolean => tensor.storage.length === g.storage.length;

// The number that gradients meet most, in squares: for it they have loops of their own, without what it makes needless.
const USUAL = 2;
const USUAL_CODE = 13;

/** What is in a slot, as 4 bits; negative for what no single pass can read. */
function codeOf(tensor: SlotValue, g: Tensor): number {
  if (tensor === null) return 0;
  if (!tensor.storage.isHome) return -1;
  if (tensor.isNumber) return tensor.storage.first === USUAL ? USUAL_CODE : 9 + rank(tensor.dtype);
  if (tensor.storage.length === 1) return 1 + 2 * rank(tensor.dtype) + (isWalked(tensor, g) ? 1 : 0);
  return sameShape(tensor.shape, g.shape) ? 2 + 2 * rank(tensor.dtype) : -1;
}

/** What `codeOf` stands for. */
const typeOf = (tensor: SlotValue, g: Tensor): SlotType | null =>
  tensor && {
    dtype: tensor.dtype,
    isNumber: tensor.isNumber,
    isWalked: !tensor.isNumber && isWalked(tensor, g),
    known: tensor.isNumber && tensor.storage.first === USUAL ? USUAL : undefined,
  };
