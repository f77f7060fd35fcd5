// Widths of text in Helvetica, since Node has no canvas to measure with. Imports nothing.

// Advance widths in thousandths of the font size, for the characters 32 to 126 in order; then those that
// occur in titles. Arial and Liberation Sans have the same ones.
const REGULAR = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const BOLD = [
  278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278,
  556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584,
  556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556,
  333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];
const OTHERS: Record<string, number> = {
  "·": 278,
  "²": 333,
  "³": 333,
  "¹": 333,
  "°": 400,
  "′": 188,
  "–": 556,
  "—": 1000,
  "…": 1000,
  "→": 1000,
  "←": 1000,
  "∞": 713,
  "∂": 494,
  "½": 834,
};
// Wider than most letters: what the table lacks (other scripts, symbols from a fallback font) must not be cut.
const UNKNOWN = 640;

/** The width in pixels of one line of text set in Helvetica at `fontSize` pixels. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  const table = bold ? BOLD : REGULAR;
  let thousandths = 0;
  for (const char of text) thousandths += table[char.charCodeAt(0) - 32] ?? OTHERS[char] ?? UNKNOWN;
  return (thousandths * fontSize) / 1000;
}

/** The text as lines that each fit in `width` pixels; a single word longer than that stays whole. */
export function wrapText(text: string, width: number, fontSize: number, bold = false): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(longer, fontSize, bold) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines;
}
