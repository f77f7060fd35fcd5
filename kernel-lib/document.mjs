// Writes docs/operations.md, a row for each public operation, from the sources and the tables of the built library.
// `npm run docs`, after a build. Imports Node's built-ins and TypeScript.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, "src");
const load = createRequire(import.meta.url);

/** The page, from the repository's root. */
export const page = join("docs", "operations.md");

const INTRO = `# Operations

Written by \`npm run docs\` from the sources; not to be edited.

**As**: \`x.\` is a method, of its first argument; \`pt.\` a function, \`F.\` one of \`pt.nn.functional\`. Arguments without a type are
tensors, of pointwise operations numbers too. Pointwise methods have a form that ends in \`_\` and puts the result into x.
**∂**: ● has gradients, of any order. **TF**, **WASM**: ● the engine has kernels for all that the operation is made of, ○ for a
part of it; the host computes the rest, and whatever is not float32. Which elements are taken, as in sorting, the host finds out.
`;

/** The path of a node's file below src/, without its ending. */
const moduleOf = (node) => relative(src, node.getSourceFile().fileName).replaceAll("\\", "/").replace(/\.ts$/, "");

/** What a file's header says that it owns, up to where it says more of it. */
function themeOf(source) {
  const [, owned = moduleOf(source)] = /^\/\/ Owns (?:the )?(.*)/.exec(source.text) ?? [];
  const theme = owned.replace(" among the pointwise operations", "").split(/[.:]|, (?:from|which|whose|on)\b/)[0];
  return theme[0].toUpperCase() + theme.slice(1);
}

const escape = (text) => text.replaceAll("|", "\\|");

function firstSentence(text) {
  const [paragraph] = text.replace(/\r?\n(?=\S)/g, " ").split("\n");
  return escape(paragraph.split(/(?<=\.) (?=[A-Z−0-9])/)[0].trim().replace(/:$/, "."));
}

const config = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(here, "tsconfig.json"), ts.sys.readFile).config, ts.sys, here,
);
const program = ts.createProgram([join(src, "index.ts")], { ...config.options, noEmit: true });
const checker = program.getTypeChecker();
const sources = program.getSourceFiles().slice().sort((a, b) => (a.fileName < b.fileName ? -1 : 1));

const resolve = (symbol) => (symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
const exportsOf = (source) => checker.getExportsOfModule(checker.getSymbolAtLocation(source) ?? []);
const sourceOf = (path) => program.getSourceFile(join(src, path));
const isTensor = (type) => type.symbol?.name === "Tensor";

/** The tables of the built library: what has a gradient, and what an engine has kernels for. */
const { ruleTable } = load("./dist/rules.js");
const { computeOf } = load("./dist/engines/tfjs/pointwise.js");
const { structural } = load("./dist/engines/tfjs/structural.js");

const stepOfRule = (name) => ({
  gradient: ruleTable[name].grad !== undefined,
  tensorflow: computeOf("tensorflow", name) !== null,
  wasm: computeOf("wasm", name) !== null,
});

/** What is known of a record, from how it is written down. What only shares elements needs no kernel. */
function stepOfRecord(literal) {
  const fields = new Map(literal.properties.map((property) => [property.name?.getText(), property.initializer]));
  const name = fields.get("name").text;
  const hasKernel = name in structural || fields.has("shares");
  return [name, { gradient: fields.has("pullback"), tensorflow: hasKernel, wasm: hasKernel }];
}

/** The functions that are methods too: those of the modules that methods.ts imports as a whole. */
const methods = new Map(sourceOf("ops/methods.ts").statements.filter(ts.isImportDeclaration)
  .map(({ importClause }) => importClause.namedBindings)
  .filter(ts.isNamespaceImport)
  .flatMap(({ name }) => checker.getExportsOfModule(resolve(checker.getSymbolAtLocation(name))))
  .map((symbol) => [symbol.name, resolve(symbol)]));

/** Whether what is called here gets no tensor with a history. */
function isCut(callee) {
  const call = callee.parent;
  if (!ts.isCallExpression(call) || call.expression !== callee) return false;
  return [callee.expression, ...call.arguments].some((node) => node?.getText().endsWith(".detach()"));
}

const known = new Map();

/** The rules and records that a function comes to, by name. */
function stepsOf(symbol) {
  if (known.has(symbol)) return known.get(symbol);
  const found = new Map();
  known.set(symbol, found);
  const follow = (next, node) => {
    for (const [name, step] of stepsOf(next)) found.set(name, isCut(node) ? { ...step, gradient: false } : step);
  };
  const visit = (node) => {
    if (ts.isTypeNode(node)) return;
    if (ts.isNewExpression(node) && node.expression.getText() === "Op") {
      found.set(...stepOfRecord(node.arguments[0]));
      return;
    }
    if (ts.isPropertyAccessExpression(node)) {
      const name = node.name.text;
      const isMethod = isTensor(checker.getTypeAtLocation(node.expression));
      if (name in ruleTable && (isMethod || /^(pointwiseOps|ops)$/.test(node.expression.getText())))
        found.set(`rule ${name}`, stepOfRule(name));
      else if (isMethod && methods.has(name)) follow(methods.get(name), node);
      visit(node.expression);
      return;
    }
    if (ts.isIdentifier(node)) {
      const next = resolve(checker.getSymbolAtLocation(node));
      const declaration = next?.declarations?.[0];
      const isOwn = declaration && /^(ops\/(?!apply$)|generated\/)/.test(moduleOf(declaration));
      if (isOwn && next !== symbol && isTopLevel(declaration)) follow(next, node);
    }
    node.forEachChild(visit);
  };
  symbol.declarations.forEach((declaration) => declaration.forEachChild(visit));
  return found;
}

const isTopLevel = (node) =>
  ts.isSourceFile(node.parent) || (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent));

const TENSOR = /^(Tensor|T)( \| number)?$/;

function parameterText(parameter) {
  const { name, type, initializer, questionToken, dotDotDotToken } = parameter;
  const called = `${dotDotDotToken ? "…" : ""}${ts.isIdentifier(name) ? name.text : "options"}`;
  const typed = type?.getText().replace(/\s+/g, " ") ?? checker.typeToString(checker.getTypeAtLocation(parameter));
  return `${called}${questionToken || initializer ? "?" : ""}${TENSOR.test(typed) ? "" : `: ${typed}`}`;
}

/** How the function is called, in all its forms. A method's own tensor comes first, as a. */
function callsOf(name, symbol) {
  const forms = checker.getTypeOfSymbol(symbol).getCallSignatures().map(({ declaration }) => {
    const first = ts.isMethodSignature(declaration) ? ["a"] : [];
    return `\`${name}(${[...first, ...declaration.parameters.map(parameterText)].join(", ")})\``;
  });
  return escape(forms.join("<br>"));
}

/** ● where all steps have it, ○ where some have. */
function mark(steps, key) {
  const having = steps.filter((step) => step[key]).length;
  if (having === 0) return "";
  return having === steps.length ? "●" : "○";
}

/** The functions of `pt`, and of the namespaces in it that have operations, by what stands before their names. */
const top = exportsOf(sourceOf("index.ts"));
const inside = (members, name) => {
  const symbol = members.find((member) => member.name === name);
  return symbol ? checker.getExportsOfModule(resolve(symbol)) : [];
};
const spaces = Object.entries({
  "pt.": top, "F.": inside(inside(top, "nn"), "functional"), "pt.linalg.": inside(top, "linalg"),
})
  .map(([prefix, members]) => [prefix, new Map(members.map((member) => [member.name, resolve(member)]))]);

/** The row of a function; null where it is not public. */
function row(name, symbol, isMethod, steps) {
  const as = [isMethod && "x.", ...spaces.map(([prefix, members]) => members.get(name) === symbol && prefix)].filter(Boolean);
  if (as.length === 0) return null;
  const gives = firstSentence(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
  const marks = [mark(steps, "gradient") && "●", mark(steps, "tensorflow"), mark(steps, "wasm")];
  return `| ${[callsOf(name, symbol), as.map((prefix) => `\`${prefix}\``).join(" "), gives, ...marks].join(" | ")} |`;
}

/** The rows of a table of rules, in its order. Functions and methods of rules are in one generated file. */
function rulesIn(source) {
  const generated = new Map(exportsOf(sourceOf("generated/pointwise.ts")).map((symbol) => [symbol.name, symbol]));
  const members = generated.get("Pointwise").members;
  const rows = [];
  source.forEachChild(function visit(node) {
    const isEntry = ts.isPropertyAssignment(node) && ts.isSatisfiesExpression(node.parent.parent);
    if (!isEntry) return node.forEachChild(visit);
    const name = node.name.getText();
    // One that a function of its own has taken the place of is found there.
    if (!methods.has(name)) rows.push(row(name, generated.get(name) ?? members.get(name), true, [stepOfRule(name)]));
  });
  return rows;
}

const takesTensors = (symbol) => checker.getTypeOfSymbol(symbol).getCallSignatures()
  .some(({ declaration }) => declaration.parameters.some(({ type }) => /\bTensor\b/.test(type?.getText() ?? "")));

/** The rows of the functions of a module of operations, in their order. */
function functionsIn(source) {
  return exportsOf(source)
    .map((symbol) => [symbol.name, resolve(symbol)])
    .filter(([name, symbol]) => symbol.declarations[0].getSourceFile() === source || name !== symbol.name)
    .filter(([, symbol]) => takesTensors(symbol))
    .map(([name, symbol]) => row(name, symbol, methods.get(name) === symbol, [...stepsOf(symbol).values()]));
}

/** The page as it has to be. */
export function operations() {
  const section = (source, rows) => {
    const given = rows.filter((line) => line !== null);
    if (given.length === 0) return "";
    const head = "| call | as | gives | ∂ | TF | WASM |\n|---|---|---|---|---|---|";
    return `\n## ${themeOf(source)}\n\n${head}\n${given.join("\n")}\n`;
  };
  const rules = sources.filter((source) => /^rules(\/|$)/.test(moduleOf(source)));
  const ops = sources.filter((source) => moduleOf(source).startsWith("ops/"));
  return [
    INTRO,
    ...rules.map((source) => section(source, rulesIn(source))),
    ...ops.map((source) => section(source, functionsIn(source))),
  ].join("");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(join(here, "..", page), operations());
