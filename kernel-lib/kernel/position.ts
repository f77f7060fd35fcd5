// Cursor positions: Jupyter counts code points, TypeScript UTF-16 units. Imports nothing.

/** Code points before a UTF-16 offset. */
export function toCodePoints(text: string, offset: number): number {
  return Array.from(text.slice(0, offset)).length;
}

/** UTF-16 offset after a number of code points. */
export function toUnits(text: string, codePoints: number): number {
  return Array.from(text).slice(0, codePoints).join("").length;
}

/** The offset just before the parenthesis of the call whose arguments the cursor is in; undefined outside of calls. */
export function calleeEnd(text: string, offset: number): number | undefined {
  let depth = 0;
  for (let i = offset - 1; i >= 0; i--) {
    if (")]}".includes(text[i])) depth++;
    else if ("([{".includes(text[i])) {
      if (depth > 0) depth--;
      else if (text[i] === "(") return i;
    }
  }
  return undefined;
}
