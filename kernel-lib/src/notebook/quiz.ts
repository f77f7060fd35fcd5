// "Check yourself" questions that know the usual wrong answers. Imports the conversion of values.
import type { Plain } from "./values.js";
import { shapeOf, toPlain } from "./values.js";

/** One question: its answer, the wrong answers that readers come to and why they are wrong. */
export interface Question {
  /** A number, string, boolean, array or tensor, or a function that computes it when first asked. */
  answer: unknown;
  /** Usual wrong answers, each with the thought behind it. */
  wrong?: readonly (readonly [answer: unknown, why: string])[];
  /** Numbers may differ by this much, relative to the answer where that is greater than 1; default 1e-6. */
  tolerance?: number;
  /** Shown until the question is answered, and with an unforeseen wrong answer. */
  hint?: string;
}

/** `check("6.1-a", () => yours)` prints whether it is right. */
export type Check = (id: string, yours: unknown) => void;

function same(a: Plain, b: Plain, tolerance: number): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, i) => same(value, b[i], tolerance));
  }
  if (typeof a === "number" && typeof b === "number") {
    if (Object.is(a, b) || a === b) return true;
    return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
  }
  if (typeof a === "string" && typeof b === "string")
    return a.trim().toLowerCase() === b.trim().toLowerCase();
  return a === b;
}

function kind(value: Plain): string {
  if (!Array.isArray(value)) return value === null ? "null" : `a ${typeof value}`;
  return `values of shape [${shapeOf(value).join(", ")}]`;
}

function write(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(write).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function brief(value: Plain): string {
  const text = write(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function sentence(text: string | undefined): string {
  return text === undefined ? "" : ` — ${text}`;
}

function verdict(id: string, question: Question, yours: unknown): string {
  const { hint, tolerance = 1e-6 } = question;
  let value: Plain;
  try {
    const given: unknown = typeof yours === "function" ? (yours as () => unknown)() : yours;
    if (given === undefined || given === null) return `… ${id}: your turn${sentence(hint)}`;
    if (typeof (given as { then?: unknown }).then === "function") {
      return `✗ ${id}: this is a promise: put await before it, and async before the function that holds it`;
    }
    value = toPlain(given);
  } catch (error) {
    return `✗ ${id}: your code threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  }
  const answer = (of: unknown) => toPlain(typeof of === "function" ? (of as () => unknown)() : of);
  const right = answer(question.answer);
  if (same(value, right, tolerance)) return `✓ ${id}`;
  for (const [wrong, why] of question.wrong ?? []) {
    if (same(value, answer(wrong), tolerance)) return `✗ ${id}: ${brief(value)}: ${why}`;
  }
  if (kind(value) !== kind(right))
    return `✗ ${id}: this is ${kind(value)}, the answer is ${kind(right)}${sentence(hint)}`;
  return `✗ ${id}: ${brief(value)} is not it${sentence(hint)}`;
}

/**
 * A checker of the given questions: `const check = pt.quiz({ "6.1-a": { answer: 12, wrong: [[18, "why"]] } })`, then
 * `check("6.1-a", () => yours)` prints `✓ 6.1-a`, or what the usual wrong answer shows, or, while yours is
 * undefined, the hint. What yours throws is told, and the cell goes on. Throws RangeError for an unknown id.
 */
export function quiz(questions: { readonly [id: string]: Question }): Check {
  return (id, yours) => {
    const question = Object.hasOwn(questions, id) ? questions[id] : undefined;
    if (!question)
      throw new RangeError(`quiz: there is no question "${id}", only ${Object.keys(questions).join(", ")}`);
    console.log(verdict(id, question, yours));
  };
}
