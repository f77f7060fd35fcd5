// Formulas: TeX in Markdown, as Jupyter delimits it, to MathML that needs neither script nor font files.
// Imports KaTeX and markdown-it's TeX plugin.
import { tex } from "@mdit/plugin-tex";
import katex from "katex";

/** A formula as MathML. @throws katex.ParseError where the TeX is wrong */
export function renderMath(source, displayMode) {
  const html = katex.renderToString(source.trim(), { displayMode, output: "mathml", throwOnError: true, strict: "ignore" });
  const math = FOR_BROWSERS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), html);
  return displayMode ? `<span class="display-math">${math}</span>` : math;
}

// KaTeX's MathML supposes more than MathML Core, which is what browsers implement, and more than every font has.
const FOR_BROWSERS = [
  // Mathematical italics are blank where no font has them; a class can have the text's own italics.
  [/<mi>(?=\p{L}<)/gu, '<mi class="variable">'],
  // Core knows no mathvariant but "normal". Bold is left to the style sheet; these alphabets have characters.
  [/<mi mathvariant="(double-struck|script)">([A-Z])(?=<)/g, (_, variant, letter) => `<mi>${variantLetter(variant, letter)}`],
  // Fonts draw a prime raised, so that as a superscript it would be raised twice.
  [
    /<msup>(<(\w+)[^>]*>[^<]*<\/\2>)(?:<mrow>)?((?:<mo mathvariant="normal"[^>]*>′<\/mo>)+)(?:<\/mrow>)?<\/msup>/g,
    (_, base, _tag, primes) => `<mrow>${base}${primes.replace(/<mo[^>]*>/g, '<mo class="text" lspace="0" rspace="0">')}</mrow>`,
  ],
  // A font for mathematics draws a hat as wide as an operator.
  [/<mo>\^(?=<\/mo><\/mover>)/g, '<mo class="text" stretchy="false">\u02c6'],
  // An operator's name as a script brings an invisible mark along, and a script is one element.
  [/<mo>\u2061<\/mo>(?=<\/m(?:sub|sup|subsup|over|under|underover)>)/g, ""],
  // After another operator a minus is a sign, and stands close to what it changes.
  [/(<mo[^>]*>[^<)\]}|′]+<\/mo>)<mo>(?=[−±]<)/g, '$1<mo form="prefix">'],
];

// Unicode had some of the letters before it had the alphabets.
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
  md.core.ruler.push("math_punctuation", keepPunctuation);
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

// A line may begin after any formula, and the full stop behind it would begin one.
function keepPunctuation(state) {
  const html = (content) => Object.assign(new state.Token("html_inline", "", 0), { content });
  for (const block of state.tokens.filter((token) => token.type === "inline")) {
    block.children = block.children.flatMap((token, i, all) => {
      const next = all[i + 1];
      const mark = token.type === "math_inline" && next?.type === "text" && next.content.match(/^[.,;:!?)\]”’…]+/)?.[0];
      if (!mark) return token;
      next.content = next.content.slice(mark.length);
      const text = Object.assign(new state.Token("text", "", 0), { content: mark });
      return [html('<span class="keep">'), token, text, html("</span>")];
    });
  }
}
