// The exported pages in headless Chromium, the exporter's answers to bad input, and proof that the checks can fail.
// Imports browser and page-checks of this folder, and runs tools/export.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium } from "./browser";
import { problemsOf, type Expected } from "./page-checks";

const root = join(__dirname, "..", "..");
const exporter = join(root, "tools", "export", "export.mjs");
const fixtures = join(root, "tests", "fixtures", "export");
const everyOutput = "9.1-every-output";

interface Cell {
  cell_type: string;
  source: string | string[];
  outputs?: { data?: { [mime: string]: unknown } }[];
}

const notebooksIn = (folder: string): string[] => readdirSync(folder).filter((file) => file.endsWith(".ipynb"));

function runExporter(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [exporter, ...args], { encoding: "utf8" });
}

/** What a page must show, counted in its notebook without the exporter's help. */
function expectedOf(notebook: string): Expected {
  const { cells } = JSON.parse(readFileSync(notebook, "utf8")) as { cells: Cell[] };
  const outputs = cells.flatMap((cell) => cell.outputs ?? []);
  const prose = cells.filter((cell) => cell.cell_type === "markdown").map((cell) => [cell.source].flat().join(""));
  return {
    figures: outputs.filter((output) => output.data?.["image/svg+xml"] !== undefined).length,
    formulas: prose.some((text) => text.includes("$$")),
  };
}

describe("exported pages", function () {
  this.timeout(60_000);
  let temporary: string;
  let browser: Browser;

  before(async () => {
    temporary = mkdtempSync(join(tmpdir(), "torchlab-site-"));
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    rmSync(temporary, { recursive: true, force: true });
  });

  for (const folder of [join(root, "notebooks"), join(fixtures, "good")]) {
    describe(basename(folder), () => {
      let site: string;

      before(() => {
        site = join(temporary, basename(folder));
        const { status, stderr } = runExporter(folder, site);
        assert.equal(status, 0, stderr);
      });

      it("are one a notebook, and a contents page that links them all", async () => {
        const pages = notebooksIn(folder).map((file) => file.replace(".ipynb", ".html"));
        assert.deepEqual(readdirSync(site).sort(), [...pages, "index.html"].sort());
        const index = readFileSync(join(site, "index.html"), "utf8");
        for (const page of pages) assert.ok(index.includes(`href="${page}"`), page);
        assert.deepEqual(await problemsOf(browser, site, "index.html", { figures: 0, formulas: false }), []);
      });

      for (const file of notebooksIn(folder)) {
        it(`${file}: drawn, set, readable, and nothing asked of the network`, async () => {
          const expected = expectedOf(join(folder, file));
          assert.deepEqual(await problemsOf(browser, site, file.replace(".ipynb", ".html"), expected), []);
        });
      }
    });
  }

  describe("of a notebook with every kind of output", () => {
    let html: string;
    const inPage = <T>(look: () => T): Promise<T> => inBrowser(browser, html, look);

    before(() => {
      const site = join(temporary, "every");
      assert.equal(runExporter(join(fixtures, "good"), site).status, 0);
      html = readFileSync(join(site, `${everyOutput}.html`), "utf8");
    });

    it("set formulas in all of Jupyter's notations, and leave money and code alone", async () => {
      const found = await inPage(() => ({
        tex: [...document.querySelectorAll("annotation")].map((a) => a.textContent?.slice(0, 12)),
        prose: [...document.querySelectorAll("p")].map((p) => p.textContent).find((text) => text?.startsWith("A coffee")),
        code: document.querySelector("main > pre")?.textContent,
      }));
      for (const start of ["\\frac{\\parti", "a_1 \\cdot b_", "\\mathbf{w} \\", "\\begin{align", "e^{i\\pi} + 1", "\\hat{y} = \\o", "\\begin{equat"]) {
        assert.ok(found.tex.includes(start), `${start} among ${found.tex.join(" | ")}`);
      }
      assert.equal(found.prose, "A coffee costs $3, or $4 with milk; a book costs $30. In code, $a$ and $$b$$ stay as they are:");
      assert.equal(found.code, "const price = `$${amount}$`; // $x$ is not a formula here\n");
    });

    it("set signs close, primes once raised, hats narrow and names as scripts, with their punctuation", async () => {
      const found = await inPage(() => {
        const paragraph = [...document.querySelectorAll("p")].find((p) => p.textContent?.startsWith("Signs"));
        return [...(paragraph?.querySelectorAll(".keep") ?? [])].map((kept) => [
          kept.lastChild?.textContent,
          kept.querySelector("semantics > mrow")?.innerHTML,
        ]);
      });
      assert.deepEqual(found, [
        [",", '<mi class="variable">x</mi><mo>=</mo><mo form="prefix">−</mo><mn>5</mn>'],
        [",", '<mrow><mi class="variable">L</mi><mo class="text" lspace="0" rspace="0">′</mo></mrow>' +
          '<mo stretchy="false">(</mo><mi class="variable">w</mi><mo stretchy="false">)</mo>'],
        [",", '<mover accent="true"><mi class="variable">y</mi><mo class="text" stretchy="false">ˆ</mo></mover>'],
        [".", '<msub><mi class="variable">λ</mi><mi>max</mi></msub>'],
      ]);
    });

    it("number, caption and tabulate the figures", async () => {
      const figures = await inPage(() => [...document.querySelectorAll("figure")].map((figure) => ({
        caption: figure.querySelector("figcaption")?.textContent?.slice(0, 30),
        label: figure.querySelector("svg")?.getAttribute("aria-label")?.slice(0, 12),
        tables: [...figure.querySelectorAll("table")].map((table) => [
          table.querySelector("caption")?.textContent,
          [...table.querySelectorAll("th")].map((th) => th.textContent).join(", "),
          table.querySelectorAll("tbody tr").length,
        ]),
        more: figure.querySelector(".more")?.textContent,
      })));
      assert.deepEqual(figures, [
        {
          caption: "Figure 9.1.1. The points lie a",
          label: "Scatter plot",
          tables: [["truth: y = 2x", "x, y (measured)", 2], [undefined, "x, y (measured)", 200]],
          more: "and 40 more rows",
        },
        {
          caption: "Figure 9.1.2. Both optimizers ",
          label: "Line plot: l",
          tables: [["SGD", "iteration, loss (mean squared error)", 26], ["Adam", "iteration, loss (mean squared error)", 26]],
          more: undefined,
        },
      ]);
    });

    it("give each drawing ids of its own, so that none clips another", async () => {
      const ids = await inPage(() => [...document.querySelectorAll("[id]")].map((element) => element.id));
      assert.equal(new Set(ids).size, ids.length);
      const clips = [...html.matchAll(/url\(#([^)]*)\)/g)].map(([, id]) => id);
      assert.ok(clips.length >= 2);
      for (const id of clips) assert.ok(ids.includes(id), id);
    });

    it("show streams, results and a coloured traceback, whole", async () => {
      const shown = await inPage(() => [...document.querySelectorAll<HTMLElement>("pre.output")].map((pre) => ({
        kind: pre.className, text: pre.innerText, red: pre.querySelectorAll(".ansi-red-fg, .ansi-bright-red-fg").length,
      })));
      assert.equal(shown[0].text, "tensor([-10.], requires_grad=True)");
      assert.deepEqual(shown[1], { kind: "output stdout", text: "loss 2.0812765834924307\na second line", red: 0 });
      assert.deepEqual(shown[2], { kind: "output stderr", text: "deprecated: use noGrad", red: 0 });
      assert.equal(shown[3].kind, "output stdout long");
      assert.equal(shown[3].text.split("\n").length, 200);
      assert.ok(shown[4].text.includes("=".repeat(200)) && shown[4].text.includes("\nprogress 100 %\n"));
      assert.ok(!shown[4].text.includes("progress 10 %"));
      const error = shown.find(({ kind }) => kind.startsWith("output error"));
      assert.ok(error);
      assert.ok(error.text.startsWith("Error: matmul: [2, 3] × [4, 5]: inner sizes 3 and 4 differ\n  1 | const a"), error.text);
      assert.ok(error.red >= 2);
      assert.ok(!html.includes("\u001b"));
    });

    it("fold what is tagged folded, hide what is tagged hide-input, and leave raw cells out", async () => {
      const folded = await inPage(() => [...document.querySelectorAll<HTMLDetailsElement>("details.folded")].map((details) => [
        details.querySelector("summary")?.textContent, details.open, details.querySelector("pre, p")?.textContent,
      ]));
      assert.deepEqual(folded.map(([summary, open]) => [summary, open]), [
        ["Solution: the derivative of x³ + 4x + 1 is 3x² + 4, so at 3 it is 31", false],
        ["Show the code", false],
        ["A hint", false],
      ]);
      assert.ok(String(folded[1][2]).includes("const answers = [12, 18, 24];"));
      assert.ok(!html.includes("pt.plot.line"));
      assert.ok(!html.includes("raw cells are left out"));
    });

    it("lead from page to page", async () => {
      const links = await inPage(() =>
        [...document.querySelectorAll("a")].map((a) => [a.getAttribute("href"), a.textContent?.trim()]));
      assert.deepEqual(links.find(([href]) => href === "index.html"), ["index.html", "Contents"]);
      assert.ok(links.some(([href]) => href === "9.2-second.html#learning-rate"));
      assert.deepEqual(links.at(-1), ["9.2-second.html", "Next 9.2 The second page"]);
    });
  });

  describe("that are wrong are found out", () => {
    let site: string;
    let good: string;
    let expected: Expected;

    before(() => {
      site = join(temporary, "wrong");
      assert.equal(runExporter(join(fixtures, "good"), site).status, 0);
      good = readFileSync(join(site, `${everyOutput}.html`), "utf8");
      expected = expectedOf(join(fixtures, "good", `${everyOutput}.ipynb`));
    });

    const policy = /<meta http-equiv="Content-Security-Policy"[^>]*>/;
    const wrongs: [what: string, spoil: (html: string) => string, problem: RegExp][] = [
      ["a script from the network", (html) => html.replace(policy, '<script src="https://example.com/a.js"></script>'), /^requested https:\/\/example\.com\/a\.js$/],
      ["an image from the network", (html) => html.replace(policy, "").replace("</main>", '<img src="https://example.com/a.png"></main>'), /^requested https:\/\/example\.com\/a\.png$/],
      ["a font from the network", (html) => html.replace(policy, "").replace("<style>", "<style>@font-face{font-family:f;src:url(https://example.com/f.woff2)}p{font-family:f}"), /^requested https:\/\/example\.com\/f\.woff2$/],
      ["a file outside the site", (html) => html.replace(policy, "").replace("</main>", '<img src="../outside.png"></main>'), /^requested file:.*outside\.png$/],
      ["a script that the page's policy refuses", (html) => html.replace("</main>", '<script src="https://example.com/a.js"></script></main>'), /^console: .*Content Security Policy/],
      ["a missing figure", (html) => html.replace(/<figure[^]*?<\/figure>/, ""), /^1 figures for 2 in the notebook$/],
      ["a figure without marks", (html) => html.replace(/role-mark/g, "role-none"), /^figure-9\.1\.1: nothing drawn$/],
      ["a figure that is not visible", (html) => html.replace("<style>", "<style>svg{display:none!important}"), /^figure-9\.1\.2: no drawing of a sensible size$/],
      ["a figure without alternative text", (html) => html.replace(/aria-label="Scatter[^"]*"/, ""), /^figure-9\.1\.1: no alternative text$/],
      ["a figure without a caption", (html) => html.replace("Both optimizers come down, SGD first.", ""), /^figure-9\.1\.2: no caption$/],
      ["a figure without its data", (html) => html.replace(/<details class="data">[^]*?<\/details>/, ""), /^figure-9\.1\.1: no data$/],
      ["formulas that are missing", (html) => html.replace(/<math[^]*?<\/math>/g, ""), /^no formula$/],
      ["a formula that is not set", (html) => html.replace("<style>", "<style>math{display:none!important}"), /^an unset formula/],
      ["a formula left as TeX", (html) => html.replace("See ", "See $x^2$ "), /^raw TeX in the text: \$x\^2\$$/],
      ["two titles", (html) => html.replace("</main>", "<h1>Again</h1></main>"), /^2 h1$/],
      ["a page without a title", (html) => html.replace(/<title>.*<\/title>/, ""), /^no title$/],
      ["a link to no page", (html) => html.replace('href="9.2-second.html"', 'href="9.3-third.html"'), /^a link to nothing: .*9\.3-third\.html$/],
      ["a link to no part of a page", (html) => html.replace("#learning-rate", "#nowhere"), /^a link to no part of its page: .*#nowhere$/],
      ["something wider than a phone", (html) => html.replace("</main>", '<div style="width: 600px">wide</div></main>'), /^needs 6\d\d px where there are 390$/],
      ["small text", (html) => html.replace("<style>", "<style>p{font-size:12px!important}"), /^text of 12 px$/],
      ["pale text", (html) => html.replace("<style>", "<style>p{color:#999!important}"), /^light: rgb\(153, 153, 153\) on rgb\(255, 255, 255\)/],
    ];
    for (const [what, spoil, problem] of wrongs) {
      it(what, async () => {
        const spoilt = spoil(good);
        assert.notEqual(spoilt, good);
        writeFileSync(join(site, "spoilt.html"), spoilt);
        const problems = await problemsOf(browser, site, "spoilt.html", expected);
        assert.ok(problems.some((found) => problem.test(found)), problems.join("\n") || "no problem found");
      });
    }
  });

  describe("and bad input", () => {
    let folder: string;
    let site: string;
    let siteBefore: Map<string, string>;
    const contentOf = (directory: string): Map<string, string> =>
      new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]));

    before(() => {
      folder = mkdtempSync(join(temporary, "bad-"));
      site = join(folder, "site");
      cpSync(join(fixtures, "good"), folder, { recursive: true });
      assert.equal(runExporter(folder, site).status, 0);
      siteBefore = contentOf(site);
    });

    const notebook = (...cells: object[]): string =>
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
    const markdown = (source: string): object => ({ cell_type: "markdown", metadata: {}, source });
    const bad: [what: string, content: string, message: RegExp][] = [
      ["a truncated file", '{"cells": [{"cell_type": "mark', /^export: bad\.ipynb: not a valid notebook: .+\n$/],
      ["an empty file", "", /^export: bad\.ipynb: not a valid notebook: .+\n$/],
      ["JSON that is no notebook", "[1, 2]", /^export: bad\.ipynb: not a valid notebook: nbformat is undefined, not 4\n$/],
      ["another format", '{"nbformat": 3, "worksheets": []}', /^export: bad\.ipynb: not a valid notebook: nbformat is 3, not 4\n$/],
      ["no cells", '{"nbformat": 4}', /^export: bad\.ipynb: not a valid notebook: it has no list of cells\n$/],
      ["an unknown cell", notebook({ cell_type: "heading" }), /^export: bad\.ipynb: not a valid notebook: cell 1 is of type "heading"\n$/],
      ["a cell without source", notebook({ cell_type: "markdown" }), /^export: bad\.ipynb: not a valid notebook: cell 1 has no source text\n$/],
      ["a malformed output", notebook({ cell_type: "code", source: "", outputs: [{ output_type: "stream" }] }), /^export: bad\.ipynb: not a valid notebook: output 1 of cell 1 is malformed\n$/],
      ["a wrong formula", notebook(markdown("good"), markdown("$\\frac{1$")), /^export: bad\.ipynb: cell 2: KaTeX parse error: .+\n$/],
      ["an image from the network", notebook(markdown("![](https://example.com/a.png)")), /^export: bad\.ipynb: cell 1: image https:\/\/example\.com\/a\.png would be fetched from the network.*\n$/],
      ["a missing image", notebook(markdown("![](a.png)")), /^export: bad\.ipynb: cell 1: image a\.png does not exist\n$/],
    ];
    for (const [what, content, message] of bad) {
      it(`${what}: one line says what is wrong, and the site stays as it was`, () => {
        writeFileSync(join(folder, "bad.ipynb"), content);
        const { status, stderr } = runExporter(folder, site);
        assert.equal(status, 1);
        assert.match(stderr, message);
        assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("site")), ["site"]);
        assert.deepEqual(contentOf(site), siteBefore);
      });
    }

    it("a folder without notebooks, or that is not there", () => {
      const empty = mkdtempSync(join(temporary, "empty-"));
      assert.match(runExporter(empty, join(temporary, "none")).stderr, /^export: there is no notebook in .*empty-/);
      const { status, stderr } = runExporter(join(empty, "nowhere"), join(temporary, "none"));
      assert.equal(status, 1);
      assert.match(stderr, /^export: there is no folder .*nowhere\n$/);
    });

    it("a target that holds other files is not replaced", () => {
      const mine = join(temporary, "mine");
      mkdirSync(mine);
      writeFileSync(join(mine, "index.html"), "mine");
      const { status, stderr } = runExporter(join(fixtures, "good"), mine);
      assert.equal(status, 1);
      assert.match(stderr, /^export: .*mine holds files that are not an exported site/);
      assert.equal(readFileSync(join(mine, "index.html"), "utf8"), "mine");
    });

    it("a site that a crash left set aside is taken back", () => {
      const crashed = join(temporary, "crashed");
      assert.equal(runExporter(join(fixtures, "good"), `${crashed}.old`).status, 0);
      assert.equal(runExporter(join(temporary, "nowhere"), crashed).status, 1);
      assert.deepEqual(readdirSync(temporary).filter((name) => name.startsWith("crashed")), ["crashed"]);
    });
  });
});

/** What `look` finds in a page of this HTML. */
async function inBrowser<T>(browser: Browser, html: string, look: () => T): Promise<T> {
  const page = await browser.newPage({ offline: true });
  try {
    await page.setContent(html);
    return await page.evaluate(look);
  } finally {
    await page.close();
  }
}
