// That eslint.config.mjs finds nothing in the whole project. Imports ESLint.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ESLint } from "eslint";

const root = join(__dirname, "..", "..");

describe("lint", function () {
  this.timeout(180_000);

  it("finds nothing", async () => {
    const eslint = new ESLint({ cwd: root });
    const results = await eslint.lintFiles(["."]);
    assert.ok(results.length > 20, `only ${results.length} files were linted`);
    const count = results.reduce((sum, result) => sum + result.errorCount + result.warningCount, 0);
    const formatter = await eslint.loadFormatter("stylish");
    assert.equal(count, 0, await formatter.format(results));
  });

  it("sees a forgotten await", async () => {
    // Under CI typescript-eslint takes types from the files as they lie on disk, and would not see this text.
    const languageOptions = { parserOptions: { disallowAutomaticSingleRunInference: true } };
    const eslint = new ESLint({ cwd: root, overrideConfig: { files: ["**/*.ts"], languageOptions } });
    const filePath = join(root, "tests", "static", "lint.test.ts");
    const [result] = await eslint.lintText("async function f() { return 1; }\nf();\n", { filePath });
    const rules = result.messages.map(({ ruleId }) => ruleId);
    assert.deepEqual(rules, ["@typescript-eslint/no-floating-promises"]);
  });
});
