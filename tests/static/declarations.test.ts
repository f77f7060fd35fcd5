// That the library's public types mean the same to the notebooks' compiler, tslab's TypeScript 5.0.4.
// Imports that TypeScript and Node's built-ins.
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import * as ts from "@tslab/typescript-for-tslab";

const root = join(__dirname, "..", "..");
const dist = join(root, "kernel-lib", "dist");

function compile(entry: string, virtual?: string): ts.Program {
  // As tslab sets them, and strict.
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.NodeJs,
    lib: ["lib.es2022.d.ts"],
    types: ["node"],
    strict: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  if (virtual !== undefined) {
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (name) => name === entry || fileExists(name);
    host.readFile = (name) => (name === entry ? virtual : readFile(name));
    host.getSourceFile = (name, ...rest) =>
      name === entry ? ts.createSourceFile(name, virtual, rest[0]) : getSourceFile(name, ...rest);
  }
  return ts.createProgram([entry], options, host);
}

function place(node: ts.Node): string {
  const file = node.getSourceFile();
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${relative(root, file.fileName)}:${line + 1}:${character + 1} ${node.getText()}`;
}

/** Every type written in these files that is `any`, be it because this compiler does not know what it names. */
function anys(program: ts.Program, files: readonly ts.SourceFile[]): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) {
      if (checker.getTypeFromTypeNode(node).flags & ts.TypeFlags.Any) found.push(place(node));
    }
    ts.forEachChild(node, visit);
  };
  files.forEach(visit);
  return found;
}

function messages(program: ts.Program, files: readonly ts.SourceFile[]): string[] {
  return files
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map((found) => ts.formatDiagnostic(found, {
      getCurrentDirectory: () => root,
      getCanonicalFileName: (name) => name,
      getNewLine: () => "\n",
    }));
}

describe("the public types in tslab's TypeScript", function () {
  this.timeout(60_000);

  const program = compile(join(dist, "index.d.ts"));
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(dist));

  it("compile", () => {
    assert.ok(files.length > 5, `only ${files.length} declaration files were found`);
    assert.deepEqual(messages(program, files), []);
  });

  it("hold no any", () => {
    assert.deepEqual(anys(program, files), []);
  });

  it("an any would be found, and so would a type that newer compilers emit", () => {
    const name = join(dist, "probe.d.ts");
    const newer = "export declare const b: Float32Array<ArrayBuffer>;\n";
    const probe = compile(name, `export declare const a: any;\n${newer}`);
    const file = probe.getSourceFile(name);
    assert.ok(file);
    assert.equal(anys(probe, [file]).length, 2);
    assert.equal(messages(probe, [file]).length, 1);
  });
});
