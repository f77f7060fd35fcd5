// The calibration: that it runs, and times every kind of operation that placement has constants for.
// Imports the built library and Node's built-ins.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LEAST_WORK } from "../../kernel-lib/dist/engines/placement";

const root = join(__dirname, "..", "..");

describe("npm run calibrate", function () {
  this.timeout(60_000);

  it("times each kind of operation, and says from where on each engine is faster", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
    const [program, script] = scripts.calibrate.split(" ");
    assert.equal(program, "node");
    const run = spawnSync(process.execPath, [join(root, script), "--quick"], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    for (const kind of Object.keys(LEAST_WORK.wasm)) {
      assert.match(run.stdout, new RegExp(`^\\| ${kind}, µs \\| work \\| host \\|.* wasm \\|$`, "m"));
    }
    assert.match(run.stdout, /^\| \*\*matmul\*\* \| faster: \| \|.*wasm from (\d+|nowhere) \|$/m);
  });
});
