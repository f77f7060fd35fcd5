// Owns how the code of a loop over elements is written. Imports nothing.

/** How many elements a turn takes. More would gain little. */
const A_TURN = 4;

/**
 * The code that runs `statement` for each i < n. At every turn V8 asks whether somebody wants it to stop, compares and
 * counts, which together take as long as the arithmetic on an element: so a turn takes several. Not where the statement
 * `isLong`: V8 inlines only so much code into one function, and a call costs more.
 */
export function forEachElement(statement: string, isLong: boolean): string {
  if (isLong) return `for (let i = 0; i < n; i++) { ${statement} }`;
  const once = `{ ${statement} } i++;`;
  return `
      let i = 0;
      for (const last = n - ${A_TURN - 1}; i < last;) {
        ${Array<string>(A_TURN).fill(once).join("\n        ")}
      }
      while (i < n) { ${once} }`;
}
