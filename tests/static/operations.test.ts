// That docs/operations.md is what the sources say, and has every operation.
// Imports its generator, the library and Node's built-ins.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as pt from "torchlab";
import { attachMethods } from "../../kernel-lib/dist/ops/methods";
import { ruleTable } from "../../kernel-lib/dist/rules";

interface Generator {
  page: string;
  operations(): string;
}

const root = join(__dirname, "..", "..");

describe("docs/operations.md", function () {
  this.timeout(60_000);

  let written: string;
  let generated: string;
  before(async () => {
    const file = pathToFileURL(join(root, "kernel-lib", "document.mjs")).href;
    const { page, operations } = (await import(file)) as Generator;
    written = readFileSync(join(root, page), "utf8");
    generated = operations();
  });

  it("is what the sources say", () => {
    assert.equal(written, generated, "run npm run docs");
  });

  it("has every operation", () => {
    const prototype = {};
    attachMethods(prototype);
    const methods = Object.getOwnPropertyNames(prototype);
    // The forms of rules in place are said of all at once, and T is a property.
    const own = methods.filter((name) => name !== "T" && !(name.endsWith("_") && name.slice(0, -1) in ruleTable));
    const names = [...own, ...Object.keys(pt.nn.functional), "cat", "stack", "einsum", "searchsorted"];
    const missing = names.filter((name) => !generated.includes(`| \`${name}(`));
    assert.deepEqual(missing, []);
  });

  it("knows what has a gradient, and a kernel", () => {
    const marks = (name: string): string[] => {
      const line = generated.split("\n").find((text) => text.startsWith(`| \`${name}(`));
      return line?.split(" | ").slice(-3).map((cell) => cell.replace("|", "").trim()) ?? [];
    };
    assert.deepEqual(["matmul", "argmax", "unique", "copy_", "erf", "prod"].map(marks), [
      ["●", "●", "●"], ["", "", ""], ["", "●", "●"], ["", "●", "●"], ["●", "●", ""], ["●", "", ""],
    ]);
  });
});
