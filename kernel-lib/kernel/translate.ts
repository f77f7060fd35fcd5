// From the JavaScript module that tslab emits to the function body that the executor runs. Imports TypeScript's types.
import type * as TypeScript from "@tslab/typescript-for-tslab";
import { SourceMap, type SourceMapPayload } from "node:module";

/** The parameter by which a cell's code talks to the executor. */
export const cellParameter = "__cell";

export interface Translation {
  /** CommonJS code. */
  readonly code: string;
  /** For a cell: whether it awaits outside of its functions, so that it has to run as an async function. */
  readonly isAsync: boolean;
  /** Zero-based position in `code` to the zero-based one in the TypeScript text, undefined where there is none. */
  originalPosition(line: number, column: number): { line: number; column: number } | undefined;
}

const mapComment = /\n?\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]*)\s*$/;
const cellFile = /(^|\/)__tslab__\.ts$/;
/** tslab adds this line before every cell, so that TypeScript takes it for a module. */
const addedLines = 1;

/** tslab's name for a cell's value; `export const` is an error in a cell's own text. */
const valueStatement = /^export const tsLastExpr\d* = /;

/**
 * Translates one emitted file. In a cell,
 * - the value of the last expression goes to `__cell.value`;
 * - instead of exports, which the compiler would write anew with every assignment, the last statement hands each
 *   top-level name over as a getter and a setter, so that inside the cell it stays a plain local variable;
 * - a function of an earlier cell, which tslab calls as `exports.f()`, is called without `exports` as its `this`;
 * - every top-level await is followed by a check whether the cell was interrupted meanwhile.
 *
 * Positions do not move before the compiler runs: source maps stay true.
 */
export function translate(
  typescript: typeof TypeScript, js: string, options: TypeScript.TranspileOptions,
): Translation {
  const comment = mapComment.exec(js);
  const payload = comment === null
    ? undefined
    : (JSON.parse(Buffer.from(comment[1], "base64").toString()) as SourceMapPayload);
  const isCell = payload !== undefined && payload.sources.some((source) => cellFile.test(source));
  let text = comment === null ? js : js.slice(0, comment.index);
  if (isCell) text = rewriteModuleSyntax(typescript, text);

  let isAsync = false;
  const output = typescript.transpileModule(text, {
    ...options,
    compilerOptions: {
      ...options.compilerOptions,
      sourceMap: true,
      moduleDetection: typescript.ModuleDetectionKind.Force,
    },
    transformers: isCell
      ? { before: [callWithoutReceiver(typescript), checkAfterAwait(typescript, () => { isAsync = true; })] }
      : undefined,
  });
  const code = output.outputText.replace(/\/\/# sourceMappingURL=\S*\s*$/, "");

  const decode = once(() => payload === undefined || output.sourceMapText === undefined
    ? []
    : [new SourceMap(JSON.parse(output.sourceMapText) as SourceMapPayload), new SourceMap(payload)]);
  return {
    code,
    isAsync,
    originalPosition(line, column) {
      let position = { line, column };
      for (const map of decode()) {
        const entry = map.findEntry(position.line, position.column);
        if (!("originalLine" in entry)) return undefined;
        position = { line: entry.originalLine, column: entry.originalColumn };
      }
      return isCell ? { line: position.line - addedLines, column: position.column } : position;
    },
  };
}

function once<T>(compute: () => T): () => T {
  let result: { value: T } | undefined;
  return () => (result ??= { value: compute() }).value;
}

/** Replaces the exports in a cell's text, every other character staying where it is. */
function rewriteModuleSyntax(typescript: typeof TypeScript, text: string): string {
  const file = typescript.createSourceFile("cell.js", text, typescript.ScriptTarget.Latest, false,
    typescript.ScriptKind.JS);
  const fixed = new Set<string>();
  let result = text;
  // From the end, since a replacement may be longer than what it replaces.
  for (const statement of file.statements) collectFixed(typescript, statement, fixed);
  for (const statement of [...file.statements].reverse()) {
    const start = statement.getStart(file);
    let replacement: string | undefined;
    if (typescript.isExportDeclaration(statement)) {
      const names = statement.exportClause !== undefined && typescript.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.map((element) => element.name.text)
        : [];
      replacement = names.length === 0 ? "" : declaration(names, fixed);
      result = result.slice(0, start) + replacement + result.slice(statement.end);
    } else if (typescript.isVariableStatement(statement)) {
      const head = valueStatement.exec(text.slice(start));
      if (head === null) continue;
      replacement = `${cellParameter}.value =`.padEnd(head[0].length);
      result = result.slice(0, start) + replacement + result.slice(start + head[0].length);
    }
  }
  return result;
}

function declaration(names: readonly string[], fixed: ReadonlySet<string>): string {
  const entries = names.map((name) =>
    fixed.has(name)
      ? `${name}: [() => ${name}]`
      : `${name}: [() => ${name}, (__assigned) => { ${name} = __assigned; }]`);
  return `${cellParameter}.declare({ ${entries.join(", ")} });`;
}

/** Adds the names that a statement declares and that no assignment can change. */
function collectFixed(typescript: typeof TypeScript, statement: TypeScript.Statement, fixed: Set<string>): void {
  const add = (name: TypeScript.BindingName): void => {
    if (typescript.isIdentifier(name)) fixed.add(name.text);
    else for (const element of name.elements) if (typescript.isBindingElement(element)) add(element.name);
  };
  if (typescript.isVariableStatement(statement)) {
    if ((statement.declarationList.flags & typescript.NodeFlags.Const) === 0) return;
    for (const { name } of statement.declarationList.declarations) add(name);
  } else if (typescript.isFunctionDeclaration(statement) || typescript.isClassDeclaration(statement)) {
    if (statement.name !== undefined) add(statement.name);
  } else if (typescript.isImportDeclaration(statement) && statement.importClause !== undefined) {
    const { name, namedBindings } = statement.importClause;
    if (name !== undefined) add(name);
    if (namedBindings === undefined) return;
    if (typescript.isNamespaceImport(namedBindings)) add(namedBindings.name);
    else for (const element of namedBindings.elements) add(element.name);
  }
}

/** `exports.f(x)` becomes `(0, exports.f)(x)`, as in the code that TypeScript makes of a call to an import. */
function callWithoutReceiver(typescript: typeof TypeScript): TypeScript.TransformerFactory<TypeScript.SourceFile> {
  const { factory } = typescript;
  return (context) => {
    const visit = (node: TypeScript.Node): TypeScript.Node => {
      const inner = typescript.visitEachChild(node, visit, context);
      const callee = typescript.isCallExpression(inner) ? inner.expression
        : typescript.isTaggedTemplateExpression(inner) ? inner.tag : undefined;
      if (callee === undefined || !typescript.isPropertyAccessExpression(callee) ||
          !typescript.isIdentifier(callee.expression) || callee.expression.text !== "exports") return inner;
      const detached = typescript.setTextRange(
        factory.createParenthesizedExpression(factory.createComma(factory.createNumericLiteral(0), callee)), callee);
      if (typescript.isCallExpression(inner)) {
        return factory.updateCallExpression(inner, detached, inner.typeArguments, inner.arguments);
      }
      return typescript.isTaggedTemplateExpression(inner)
        ? factory.updateTaggedTemplateExpression(inner, detached, inner.typeArguments, inner.template)
        : inner;
    };
    return (file) => typescript.visitEachChild(file, visit, context);
  };
}

/**
 * Top-level `await x` becomes `__cell.resume(await x)`, and the body of a top-level `for await` begins with
 * `__cell.resume()`, which throws once the cell was interrupted. `found` is called for each.
 */
function checkAfterAwait(
  typescript: typeof TypeScript, found: () => void,
): TypeScript.TransformerFactory<TypeScript.SourceFile> {
  const { factory } = typescript;
  const resume = (...args: TypeScript.Expression[]): TypeScript.Expression => factory.createCallExpression(
    factory.createPropertyAccessExpression(factory.createIdentifier(cellParameter), "resume"), undefined, args);
  return (context) => {
    const visit = (node: TypeScript.Node): TypeScript.Node => {
      if (typescript.isFunctionLike(node)) return node;
      const inner = typescript.visitEachChild(node, visit, context);
      if (typescript.isAwaitExpression(inner)) {
        found();
        return typescript.setTextRange(resume(inner), node);
      }
      if (typescript.isForOfStatement(inner) && inner.awaitModifier !== undefined) {
        found();
        const body = factory.createBlock([factory.createExpressionStatement(resume()), inner.statement], true);
        return factory.updateForOfStatement(inner, inner.awaitModifier, inner.initializer, inner.expression, body);
      }
      return inner;
    };
    return (file) => typescript.visitEachChild(file, visit, context);
  };
}
