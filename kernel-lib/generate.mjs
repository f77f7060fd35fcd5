// Writes src/generated/pointwise.ts, functions and method types of the pointwise operations, from the table in
// src/rules.ts and those of src/rules/ that it merges. Run by the build.
// Imports Node's built-ins and TypeScript's parser.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const src = join(dirname(fileURLToPath(import.meta.url)), "src");

/**
 * The entries of the table that `file` calls `variable`, those of the tables that it merges among them: name, doc
 * comment, number of operands, how many of them may be left out, and whether there is a function of that name.
 */
function readRules(file, variable) {
  const path = join(src, file);
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  let table;
  source.forEachChild(function visit(node) {
    if (ts.isVariableDeclaration(node) && node.name.getText() === variable) {
      table = ts.isSatisfiesExpression(node.initializer) ? node.initializer.expression : node.initializer;
    }
    node.forEachChild(visit);
  });
  // A value may be an arrow function or the name of a function in the file.
  const arity = (value) => {
    if (ts.isArrowFunction(value)) return value.parameters.length;
    const named = value.getText();
    for (const statement of source.statements) {
      if (ts.isFunctionDeclaration(statement) && statement.name.text === named) return statement.parameters.length;
      if (!ts.isVariableStatement(statement)) continue;
      const variable = statement.declarationList.declarations.find(({ name }) => name.getText() === named);
      if (variable) return variable.initializer.parameters.length;
    }
    throw new Error(`${path}: the value ${named} is not a function of this file`);
  };
  return table.properties.flatMap((entry) => {
    if (ts.isSpreadAssignment(entry)) {
      const merged = entry.expression.getText();
      return readRules(join("rules", `${merged}.ts`), merged);
    }
    const fields = Object.fromEntries(
      entry.initializer.properties.map((p) => [p.name.getText(), p.initializer ?? true]),
    );
    return {
      name: entry.name.getText(),
      doc: ts.getJSDocCommentsAndTags(entry).map((doc) => doc.comment).join(" "),
      arity: arity(fields.value),
      optional: fields.defaults ? fields.defaults.elements.length : fields.without ? 2 : 0,
      // With a condition, PyTorch's function takes the operands in another order: such a one is written by hand.
      isFunction: !fields.condition,
    };
  });
}

const OPERANDS = ["a", "b", "c"];
/** Operands from the one numbered `first` on as parameters. */
const parameters = ({ arity, optional }, first, type) =>
  OPERANDS.slice(first, arity)
    .map((name, i) => `${name}${first + i >= arity - optional ? "?" : ""}: ${type}`)
    .join(", ");

const rules = readRules("rules.ts", "rules");
const methods = (suffix, doc) =>
  rules.map((rule) =>
    `  /** ${doc(rule.doc)} */\n  ${rule.name}${suffix}(${parameters(rule, 1, "T | number")}): T;`).join("\n");

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

${rules.filter(({ isFunction }) => isFunction).map((rule) => {
    const { name, doc, arity } = rule;
    const operands = OPERANDS.slice(0, arity).join(", ");
    return `/** ${doc} */\nexport const ${name} = (${parameters(rule, 0, "Tensor | number")}): Tensor =>\n  pointwise(ops.${name}, [${operands}]);`;
  }).join("\n\n")}
`;

mkdirSync(join(src, "generated"), { recursive: true });
writeFileSync(join(src, "generated", "pointwise.ts"), code);
