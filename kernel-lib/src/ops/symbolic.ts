// Owns what a rule's gradients are as expressions, found by running each once on symbols. Imports the rules.
import { type Pullback, type Rule, ruleTable, type RuleName, type Saved } from "../rules";

/** What a gradient can be made from: the gradient of the result, the operands, the result. */
export type Slot = "g" | keyof Saved<unknown>;

/** A value in a gradient: what is in a slot, a number in the rule's text, or a rule applied to such values. */
export type Expression =
  | { readonly kind: "slot"; readonly slot: Slot }
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "step"; readonly rule: RuleName; readonly operands: readonly Expression[] };

/** A rule's gradient by one operand. */
export interface Gradient {
  readonly expression: Expression;
  /** Whether the gradient reads what is in a slot, g apart. */
  readonly reads: Readonly<Record<keyof Saved<unknown>, boolean>>;
}

/** Stands for a value, and has every operation; each gives the expression for its result. */
class Symbolic {
  constructor(readonly expression: Expression) {}
}

const expressionOf = (value: unknown): Expression =>
  value instanceof Symbolic ? value.expression : { kind: "literal", value: value as number };

for (const rule of Object.keys(ruleTable) as RuleName[]) {
  Object.defineProperty(Symbolic.prototype, rule, {
    value(this: Symbolic, ...rest: unknown[]) {
      return new Symbolic({ kind: "step", rule, operands: [this, ...rest].map(expressionOf) });
    },
  });
}

/** The gradients of a rule, one an operand; null for one that has none. */
export const gradientsOf = ({ grad = [] }: Rule): (Gradient | null)[] =>
  grad.map((pullback) => pullback && trace(pullback));

function trace(pullback: Pullback): Gradient {
  const reads = { a: false, b: false, c: false, y: false };
  // A symbol has the methods of an Algebra, which no type says, since they follow from the table.
  const symbol = (slot: Slot) => new Symbolic({ kind: "slot", slot }) as never;
  const saved = new Proxy({} as Saved<never>, {
    get(_, slot: keyof typeof reads) {
      reads[slot] = true;
      return symbol(slot);
    },
  });
  return { expression: expressionOf(pullback(symbol("g"), saved)), reads };
}
