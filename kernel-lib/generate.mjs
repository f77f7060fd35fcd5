// Writes src/generated/pointwise.ts: the functions and method types of the pointwise operations, from the table in
// src/rules.ts. Run by the build. Imports Node's built-ins and TypeScript's parser.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const src = join(dirname(fileURLToPath(import.meta.url)), "src");

/** The entries of the table: name, doc comment, number of operands, and whether there is a function of that name. */
function readRules() {
  const path = join(src, "rules.ts");
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  let table;
  source.forEachChild(function visit(node) {
    if (ts.isVariableDeclaration(node) && node.name.getText() === "rules") {
      table = ts.isSatisfiesExpression(node.initializer) ? node.initializer.expression : node.initializer;
    }
    node.forEachChild(visit);
  });
  // A value may be an arrow function or the name of a function in the file.
  const arity = (value) => {
    if (ts.isArrowFunction(value)) return value.parameters.length;
    const f = source.statements.find((s) => ts.isFunctionDeclaration(s) && s.name.text === value.getText());
    return f.parameters.length;
  };
  return table.properties.map((entry) => {
    const fields = Object.fromEntries(entry.initializer.properties.map((p) => [p.name.getText(), p.initializer]));
    return {
      name: entry.name.getText(),
      doc: ts.getJSDocCommentsAndTags(entry).map((doc) => doc.comment).join(" "),
      arity: arity(fields.value),
      // With a condition, PyTorch's function takes the operands in another order: such a one is written by hand.
      isFunction: !fields.condition,
    };
  });
}

const OPERANDS = ["a", "b", "c"];
const list = (names, type) => names.map((name) => `${name}: ${type}`).join(", ");

const rules = readRules();
const methods = (suffix, doc) =>
  rules.map(({ name, doc: text, arity }) =>
    `  /** ${doc(text)} */\n  ${name}${suffix}(${list(OPERANDS.slice(1, arity), "T | number")}): T;`).join("\n");

const code = `// Generated from rules.ts by generate.mjs; not to be edited.
import { pointwise, pointwiseOps as ops } from "../ops/apply";
import type { Tensor } from "../tensor";

/** The pointwise operations as methods of the value type T; this value is a. */
export interface Pointwise<T> {
${methods("", (text) => text)}
}

/** The pointwise operations that put their result into this value, a. */
export interface PointwiseInPlace<T> {
${methods("_", (text) => `Puts into this tensor: ${text[0].toLowerCase()}${text.slice(1).split(". ")[0].replace(/\.$/, "")}.`)}
}

${rules.filter(({ isFunction }) => isFunction).map(({ name, doc, arity }) => {
    const operands = OPERANDS.slice(0, arity);
    return `/** ${doc} */\nexport const ${name} = (${list(operands, "Tensor | number")}): Tensor =>\n  pointwise(ops.${name}, [${operands.join(", ")}]);`;
  }).join("\n\n")}
`;

mkdirSync(join(src, "generated"), { recursive: true });
writeFileSync(join(src, "generated", "pointwise.ts"), code);
