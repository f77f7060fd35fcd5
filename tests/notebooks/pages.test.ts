// What every page of the chapter owes its reader: whole figures, a prediction, a check, all of it as it ran.
// Reads the committed notebooks; imports the library's own list of what a figure lacks.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pt from "torchlab";
import { type Cell, parseNotebook, textOf } from "./committed";

const folder = join(__dirname, "..", "..", "notebooks");
const VEGA = "application/vnd.vegalite.v5+json";

const figuresOf = (cells: readonly Cell[]): Record<string, unknown>[] =>
  cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ data }) => (data && VEGA in data ? [data] : [])));

for (const name of readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
  describe(`page ${name}`, () => {
    const { cells } = parseNotebook(readFileSync(join(folder, name), "utf8"));
    const code = cells.filter(({ cell_type }) => cell_type === "code");
    const source = cells.map((cell) => textOf(cell.source)).join("\n");

    it("has figures, each with axis titles, a written description, a caption, and a drawing for pages", () => {
      const figures = figuresOf(cells);
      assert.ok(figures.length > 0);
      for (const figure of figures) {
        assert.deepEqual(pt.plot.problems(figure[VEGA] as pt.Spec), []);
        assert.ok(textOf(figure["image/svg+xml"]).startsWith("<svg"));
        assert.ok(textOf(figure["text/plain"]).length > 0);
      }
    });

    it("is committed as it ran, from top to bottom", () => {
      assert.deepEqual(code.map((cell) => cell.execution_count), code.map((_, i) => i + 1));
    });

    it("asks for a prediction", () => assert.match(source, /predict/i));

    if (name.startsWith("6.0")) return;
    it("has questions to check oneself by, and their answers", () => {
      const printed = code.flatMap(({ outputs = [] }) => outputs.map(({ text }) => textOf(text))).join("\n");
      assert.match(source, /pt\.quiz\(/);
      const asked = [...printed.matchAll(/^… (6\.\d-\w+): your turn/gm)].map((match) => match[1]);
      const answered = [...printed.matchAll(/^✓ (6\.\d-\w+)/gm)].map((match) => match[1]);
      assert.ok(asked.length > 0);
      assert.deepEqual(asked.filter((id) => !answered.includes(id)), []);
    });
  });
}

describe("the book's figures", () => {
  const textOfPage = (name: string): string => {
    const { cells } = parseNotebook(readFileSync(join(folder, name), "utf8"));
    return cells.flatMap(({ outputs = [] }) =>
      outputs.flatMap(({ text, data }) => [textOf(text), textOf(data?.["text/plain"])]),
    ).join("\n");
  };
  const printed: [string, string][] = [
    ["6.1-scalar-autodiff.ipynb", "Value: 23, Gradient: 0"],
    ["6.2-tensor-autograd.ipynb", "MSE tensor(1.0509) W tensor([1.9997])"],
    ["6.3-optimizers.ipynb", "1.9997332096099854"],
    ["6.5-dataset-and-dataloader.ipynb", "(tensor(-11.1258), tensor(-5.))"],
    ["6.6-batched-gradient-descent.ipynb", "2.0812765834924307"],
  ];
  for (const [name, text] of printed) {
    it(`${name} prints ${text}`, () => assert.ok(textOfPage(name).includes(text)));
  }
});
