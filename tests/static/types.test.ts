// That the tests' own types hold; the library's are checked by the build that comes before.
// Imports Node's built-ins.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

describe("types", function () {
  this.timeout(180_000);

  it("of every test hold", () => {
    const tsc = require.resolve("typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", "tests"], { cwd: root, encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });
});
