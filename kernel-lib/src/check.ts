// Owns argument checks and the texts of their errors. Imports nothing.

/** A shape as errors show it: [2, 3]. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** What a wrong argument is, in a few words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return `${value}`;
  if (typeof value === "function") return "a function";
  const name = (value).constructor?.name ?? "object";
  return /^[aeiou]/i.test(name) ? `an ${name}` : `a ${name}`;
}

/** @throws TypeError unless `value` is an integer */
export function checkInteger(where: string, what: string, value: unknown): asserts value is number {
  if (!Number.isInteger(value))
    throw new TypeError(`${where}: ${what} must be an integer, got ${describe(value)}`);
}

/**
 * An integer, or several in an array, as an array.
 * @throws TypeError unless that is what `value` is
 */
export function integersOf(where: string, what: string, value: number | readonly number[]): readonly number[] {
  if (typeof value !== "number" && !Array.isArray(value)) {
    throw new TypeError(`${where}: ${what} must be an integer or an array of integers, got ${describe(value)}`);
  }
  const list = typeof value === "number" ? [value] : (value as readonly number[]);
  for (const one of list) checkInteger(where, what, one);
  return list;
}

/** @throws RangeError unless `value` is an integer of at least `least` */
export function checkCount(where: string, what: string, value: unknown, least = 0): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < least) {
    const kind = least === 0 ? "a non-negative integer" : "a positive integer";
    throw new RangeError(`${where}: ${what} must be ${kind}, got ${describe(value)}`);
  }
}
