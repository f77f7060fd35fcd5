// The memory bench: that its loops run, also in a cell where the kernel is set up, and what is told of them.
// Imports the bench's files, the library and Node's built-ins. No size is asserted: it would depend on the machine.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pt from "torchlab";

interface Sample { step: number; seconds: number; rss: number; heap: number; external: number; engines: object }
interface Curve { name: string; unit: string; points: number[][] }
interface Run { id: string; name: string; steps: number; seconds: number; samples: Sample[] }

const root = join(__dirname, "..", "..");
const program = join(root, "bench", "memory", "run.mjs");
const start = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { cwd: root, encoding: "utf8" });

describe("npm run bench:memory", function () {
  this.timeout(180_000);

  const out = mkdtempSync(join(tmpdir(), "torchlab memory é "));
  let stdout: string;
  let runs: Run[];

  before(() => {
    const { status, stderr, stdout: printed } = start("--quick", "--out", out);
    assert.equal(status, 0, stderr);
    stdout = printed;
    ({ runs } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as { runs: Run[] });
  });

  after(() => rmSync(out, { recursive: true, force: true }));

  it("samples every loop from its beginning to its end", () => {
    for (const id of ["mlp", "regression", "stream"]) assert.ok(runs.some((run) => run.id === id), id);
    for (const { name, steps, samples } of runs) {
      assert.equal(samples[0].step, 0, name);
      assert.equal(samples.at(-1)?.step, steps, name);
      assert.ok(samples.length > 5 && samples.length < 402, `${name}: ${samples.length} samples`);
      for (const { rss, heap, external, engines } of samples) {
        assert.ok(rss > 0 && heap > 0 && external > 0, name);
        assert.deepEqual(Object.keys(engines), Object.keys(pt.memory()), name);
      }
    }
  });

  it("runs a loop in a cell too, or says that there is no kernel", () => {
    const inCell = runs.some(({ name }) => name.endsWith("in a cell"));
    assert.equal(inCell, !/The kernel is not set up here, so no loop ran in a cell/.test(stdout));
  });

  it("prints start, end, greatest and slope of each curve", () => {
    for (const { name } of runs) assert.ok(stdout.includes(`${name}: `), name);
    const curve = /^resident( +\d+\.\d MiB){3} +[+-]\d+\.\d MiB in [\d,]+ steps$/gm;
    assert.equal(stdout.match(curve)?.length, runs.length, stdout);
  });

  it("writes a page that needs nothing else, with a figure a loop", () => {
    const url = /^Page: (file:\S+)$/m.exec(stdout)?.[1];
    assert.ok(url, stdout);
    const html = readFileSync(new URL(url), "utf8");
    assert.equal(html.match(/<svg /g)?.length, runs.length);
    assert.doesNotMatch(html, /<(script|link|img|iframe)\b|@import|\bsrc=|href="(?!#)/);
    assert.doesNotMatch(html, /NaN|undefined|Infinity/);
  });

  const wrong: [string, string[], RegExp][] = [
    ["a loop that there is not", ["--only", "nothing"], /--only loop \(mlp, regression, stream\).*there is no loop nothing/],
    ["what is no number of steps", ["--steps", "-1x"], /bench:memory knows --quick/],
    ["an unknown option", ["--fast"], /bench:memory knows --quick.*--fast/],
  ];
  for (const [what, args, message] of wrong) {
    it(`refuses ${what}`, () => {
      const { status, stderr } = start(...args);
      assert.equal(status, 1);
      assert.match(stderr.trim(), message);
    });
  }
});

describe("memory curves", () => {
  const MiB = 2 ** 20;
  const samples = Array.from({ length: 11 }, (_, i) => ({
    step: 10 * i, rss: (100 + 2 * i) * MiB, heap: (i === 3 ? 50 : 5) * MiB, external: MiB,
    engines: { tensorflow: { bytes: i * MiB, handles: i } },
  }));

  it("show where a loop leaves something behind, and where not", async () => {
    const { curvesOf, summaryOf } = await import("../../bench/memory/curves.mjs");
    const summary = (curve: Curve) => [curve.name, { unit: curve.unit, ...summaryOf(curve) }];
    const summaries = Object.fromEntries(curvesOf(samples).map(summary)) as Record<string, object>;
    assert.deepEqual(summaries, {
      "resident": { unit: "MiB", start: 100, end: 120, greatest: 120, growth: 10, steps: 50 },
      "V8 heap and external": { unit: "MiB", start: 6, end: 6, greatest: 51, growth: 0, steps: 50 },
      "tensorflow.bytes": { unit: "MiB", start: 0, end: 10, greatest: 10, growth: 5, steps: 50 },
      "tensorflow.handles": { unit: "", start: 0, end: 10, greatest: 10, growth: 5, steps: 50 },
    });
  });
});
