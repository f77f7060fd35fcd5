// A transformer for names of earlier cells where tslab's own rewriting makes wrong code. Imports TypeScript's types.
import type * as TypeScript from "@tslab/typescript-for-tslab";

/** tslab declares the names of earlier cells in this file. */
const earlierCells = "__prev__.d.ts";

/**
 * tslab turns the name `x` of an earlier cell into `exports.x` wherever an identifier resolves to it, but
 * - leaves a shorthand `{ x }` alone, which then reads an unknown global: it becomes `{ x: exports.x }` here;
 * - also replaces the name of a property that an earlier cell declared, as in `const { x: y } = point`, which is no
 *   JavaScript: it becomes the string `{ "x": y }` here, where tslab leaves it alone.
 */
export function qualifyEarlierNames(
  typescript: typeof TypeScript, checker: TypeScript.TypeChecker,
): TypeScript.TransformerFactory<TypeScript.SourceFile> {
  const { factory } = typescript;
  const isEarlier = (symbol: TypeScript.Symbol | undefined): boolean =>
    symbol?.declarations?.some((node) => node.getSourceFile().fileName.endsWith(`/${earlierCells}`)) ?? false;
  const quoted = (name: TypeScript.Identifier): TypeScript.StringLiteral =>
    typescript.setTextRange(factory.createStringLiteral(name.text), name);

  return (context) => {
    const visit = (node: TypeScript.Node): TypeScript.Node => {
      if (typescript.isShorthandPropertyAssignment(node) &&
          isEarlier(checker.getShorthandAssignmentValueSymbol(node))) {
        const target = typescript.setTextRange(
          factory.createPropertyAccessExpression(factory.createIdentifier("exports"), node.name.text), node.name);
        const fallback = node.objectAssignmentInitializer;
        const value = fallback === undefined
          ? target
          : factory.createAssignment(target, typescript.visitNode(fallback, visit) as TypeScript.Expression);
        return typescript.setTextRange(factory.createPropertyAssignment(quoted(node.name), value), node);
      }
      if (typescript.isBindingElement(node) && node.propertyName !== undefined &&
          typescript.isIdentifier(node.propertyName) && isEarlier(checker.getSymbolAtLocation(node.propertyName))) {
        const inner = typescript.visitEachChild(node, visit, context);
        return factory.updateBindingElement(
          inner, inner.dotDotDotToken, quoted(node.propertyName), inner.name, inner.initializer);
      }
      if (typescript.isPropertyAssignment(node) && typescript.isIdentifier(node.name) &&
          isEarlier(checker.getSymbolAtLocation(node.name))) {
        const inner = typescript.visitEachChild(node, visit, context);
        return factory.updatePropertyAssignment(inner, quoted(node.name), inner.initializer);
      }
      return typescript.visitEachChild(node, visit, context);
    };
    return (file) => typescript.visitEachChild(file, visit, context);
  };
}
