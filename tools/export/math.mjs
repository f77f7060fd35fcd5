// Formulas: TeX in Markdown, as Jupyter delimits it, to MathML that needs neither script nor font files.
// Imports KaTeX and markdown-it's TeX plugin.
import { tex } from "@mdit/plugin-tex";
import katex from "katex";

/** A formula as MathML. @throws katex.ParseError where the TeX is wrong */
export function renderMath(source, displayMode) {
  const html = katex.renderToString(source.trim(), { displayMode, output: "mathml", throwOnError: true, strict: "ignore" });
  const math = html
    .replace(/<mi>(?=\p{L}<)/gu, '<mi class="variable">')
    .replace(/<mi mathvariant="(double-struck|script)">([A-Z])(?=<)/g, (_, variant, letter) =>
      `<mi>${variantLetter(variant, letter)}`);
  return displayMode ? `<span class="display-math">${math}</span>` : math;
}

// A browser sets a variable in Unicode's mathematical italics, which are blank where no font has them: as a class it
// can have the text's own italics. And browsers implement MathML Core, which has no mathvariant but "normal": bold is
// left to the style sheet, and these two alphabets have characters of their own, some of them older than the rest.
const ALPHABETS = {
  "double-struck": { start: 0x1d538, earlier: { C: "ℂ", H: "ℍ", N: "ℕ", P: "ℙ", Q: "ℚ", R: "ℝ", Z: "ℤ" } },
  script: { start: 0x1d49c, earlier: { B: "ℬ", E: "ℰ", F: "ℱ", H: "ℋ", I: "ℐ", L: "ℒ", M: "ℳ", R: "ℛ" } },
};

function variantLetter(variant, letter) {
  const { start, earlier } = ALPHABETS[variant];
  return earlier[letter] ?? String.fromCodePoint(start + letter.charCodeAt(0) - 65);
}

/** Teaches a markdown-it instance `$…$`, `$$…$$`, and the rarer forms that Jupyter knows. */
export function mathPlugin(md) {
  // The plugin reads blocks between $$; its inline rule takes "$3 and `$x`" for a formula that ends within the code.
  md.use(tex, { delimiters: "dollars", render: renderMath });
  md.inline.ruler.disable("math_inline_dollar");
  md.inline.ruler.before("escape", "math_jupyter", inlineMath);
}

// A formula within a paragraph. A dollar before a space or after one, or before a digit, is money.
const FORMS = [
  { form: /\$\$(.+?)\$\$/sy, token: "math_block" },
  { form: /\$(?![\s$])((?:\\.|[^\\$`])+)(?<!\s)\$(?!\d)/sy, token: "math_inline" },
  { form: /\\\\\((.+?)\\\\\)/sy, token: "math_inline" },
  { form: /\\\\\[(.+?)\\\\\]/sy, token: "math_block" },
  { form: /(\\begin\{([a-z]+\*?)\}.+?\\end\{\2\})/sy, token: "math_block" },
];

function inlineMath(state, silent) {
  for (const { form, token } of FORMS) {
    form.lastIndex = state.pos;
    const match = form.exec(state.src);
    if (!match) continue;
    if (!silent) state.push(token, "math", 0).content = match[1];
    state.pos += match[0].length;
    return true;
  }
  return false;
}
