// The benches: that every row runs with every peer that is there, what the results show, how a failing peer is told.
// Imports the bench's files and Node's built-ins. No time is asserted: it would depend on the machine.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

interface Time { min: number; median: number }
interface Row { id: string; name: string; times: Record<string, Time> }
interface Group { title: string; rows: Row[] }
interface Results { notes: string[]; peers: string[]; groups: Group[] }
interface Answer { value?: number; micros?: number }
interface Peer {
  ask(request: object): Promise<Answer>;
  prepare(id: string): Promise<number | undefined>;
  time(id: string, count: number): Promise<number>;
  close(): void;
}

const root = join(__dirname, "..", "..");
const bench = (name: string) => join(root, "bench", name);

describe("npm run bench", function () {
  this.timeout(120_000);

  const out = mkdtempSync(join(tmpdir(), "torchlab bench é "));
  let stdout: string;
  let results: Results;

  before(() => {
    const run = spawnSync(process.execPath, [bench("run.mjs"), "--quick", "--out", out], { cwd: root, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    ({ stdout } = run);
    results = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results;
  });

  after(() => rmSync(out, { recursive: true, force: true }));

  const rows = () => results.groups.flatMap((group) => group.rows);

  it("times every row, with PyTorch too where it is installed", () => {
    const hasPyTorch = results.peers.includes("PyTorch");
    assert.ok(rows().length > 20, `${rows().length} rows`);
    for (const { id, name, times } of rows()) {
      // An engine of this library's own has no row elsewhere.
      for (const peer of hasPyTorch && id !== "first wasm" ? ["torchlab", "PyTorch"] : ["torchlab"]) {
        const { min, median } = times[peer] ?? {};
        assert.ok(Number.isFinite(min) && Number.isFinite(median) && min > 0 && min <= median, `${name}, ${peer}: ${min}, ${median}`);
      }
    }
    assert.equal(new Set(rows().map(({ id }) => id)).size, rows().length, "ids differ");
    const byHand = rows().filter(({ times }) => times.loop).map(({ id }) => id);
    for (const id of ["mul 100", "mse step", "listing 1", "listing 25", "sum 1000"]) assert.ok(byHand.includes(id), id);
  });

  it("has tfjs beside it, or says why not", () => {
    if (!results.peers.includes("tfjs")) {
      assert.match(stdout, /tfjs does not start and is left out: \S+/);
      return;
    }
    assert.match(stdout, /tfjs \d+\.\d+\.\d+ on its tensorflow backend/);
    const there = rows().filter(({ times }) => times.tfjs).map(({ id }) => id);
    for (const id of ["mse step", "listing 1", "mlp step", "matmul 64", "add 1000", "import", "first large"]) {
      assert.ok(there.includes(id), id);
    }
  });

  it("trains the multi-layer perceptron by cross entropy, and starts each engine", () => {
    assert.ok(rows().some(({ id, name }) => id === "mlp step" && /cross entropy/.test(name)));
    assert.ok(rows().some(({ id }) => id === "first wasm"));
  });

  it("says where PyTorch comes from if it is not there, and which it is if it is", () => {
    const expected = results.peers.includes("PyTorch")
      ? /PyTorch \d+\.\d+\.\d+\S*, \d+ threads/
      : /PyTorch is not installed for the benches: `npm run bench:setup` gets it/;
    assert.match(stdout, expected);
  });

  it("prints a line a row", () => {
    const lines = stdout.split("\n");
    for (const { name } of rows()) {
      const line = lines.find((text) => text.startsWith(`${name}  `));
      assert.match(line ?? "", /\d \d\S* (µs|ms|s)\b/, name);
    }
  });

  it("writes a page that needs nothing else, and says where", () => {
    const url = /^Page: (file:\S+)$/m.exec(stdout)?.[1];
    assert.ok(url, stdout);
    const html = readFileSync(new URL(url), "utf8");
    const figures = results.peers.length - 1 + 4;
    assert.equal(html.match(/<svg /g)?.length, figures, "ratios to each other peer; matmul, add, exp, sum");
    assert.doesNotMatch(html, /<(script|link|img|iframe)\b|@import|\bsrc=|href="(?!#)/);
    for (const { name } of rows()) assert.ok(html.includes(`<td>${name}</td>`), name);
    assert.doesNotMatch(html, /NaN|undefined|Infinity/);
  });
});

describe("measuring", () => {
  it("takes the least and the middle", async () => {
    const { summary } = await import("../../bench/measure.mjs");
    assert.deepEqual(summary([5, 1, 100]), { min: 1, median: 5 });
    assert.deepEqual(summary([4, 1, 2, 100]), { min: 1, median: 3 });
  });

  it("refuses peers that compute different things", async () => {
    const { checkAgreement } = await import("../../bench/measure.mjs");
    checkAgreement("row", { torchlab: 2, PyTorch: 2.00001 }, 1e-4);
    checkAgreement("row", { torchlab: 2 }, 1e-4);
    assert.throws(() => checkAgreement("row", { torchlab: 2, PyTorch: 2.1 }, 1e-4), /row: torchlab computes 2, PyTorch 2.1/);
    assert.throws(() => checkAgreement("row", { torchlab: 2, PyTorch: NaN }, 1e-4), /PyTorch NaN/);
    const float32 = { tfjs: 1e-4 };
    checkAgreement("row", { torchlab: 2, tfjs: 2.00001 }, 1e-11, float32);
    assert.throws(() => checkAgreement("row", { torchlab: 2, PyTorch: 2.00001 }, 1e-11, float32), /PyTorch 2.00001/);
  });

  it("divides by the count, gives each peer its turn, and leaves out who has no such row", async () => {
    const { measure } = await import("../../bench/measure.mjs");
    const calls: string[] = [];
    const peer = (name: string, micros: number, has: string[]) => ({
      name,
      prepare: async (id: string) => (has.includes(id) ? 1 : undefined),
      time: async (id: string, count: number) => {
        calls.push(`${name} ${id}`);
        return micros * count;
      },
    });
    const groups = [{ title: "", tolerance: 0, rows: [{ id: "a", name: "a" }, { id: "b", name: "b" }] }];
    const peers = [peer("x", 4, ["a", "b"]), peer("y", 8, ["a"])];
    const [{ rows }] = await measure(groups, peers, { target: 64, rounds: 3 });
    assert.deepEqual(rows.map(({ times }: Row) => times), [
      { x: { min: 4, median: 4 }, y: { min: 8, median: 8 } },
      { x: { min: 4, median: 4 } },
    ]);
    // Each timing has an untimed one before it.
    const round = ["x a", "x a", "y a", "y a", "x b", "x b"];
    assert.deepEqual(calls.slice(-18), [...round, ...round, ...round]);
  });
});

describe("the table", () => {
  it("has one unit for minimum and median, that of the minimum", async () => {
    const { durations } = await import("../../bench/table.mjs");
    assert.equal(durations({ min: 0.456, median: 12.34 }), "0.46 12.3 µs");
    assert.equal(durations({ min: 998.9, median: 2000 }), "999 2000 µs");
    assert.equal(durations({ min: 1_000_000, median: 1_500_000 }), "1.00 1.50 s");
  });

  it("compares the first with each of the others, where both have the row", async () => {
    const { cells } = await import("../../bench/table.mjs");
    const times = { a: { min: 1, median: 2 }, b: { min: 4, median: 4 } };
    const { head, bodies } = cells([{ title: "", rows: [{ name: "row", times }] }], ["a", "b", "c"]);
    assert.deepEqual(head, ["", "a", "b", "c", "to b", "to c"]);
    assert.deepEqual(bodies[0].lines, [["row", "1.00 2.00 µs", "4.00 4.00 µs", "", "0.250 0.500", ""]]);
  });
});

describe("starts", () => {
  it("leave out what nobody has", async () => {
    const { measureStarts } = await import("../../bench/measure.mjs");
    const starters = [
      { name: "x", start: async () => ({ import: 5, "first engine": 7 }) },
      { name: "y", start: async () => ({ import: 3 }) },
    ];
    const named = ["import", "first engine", "first other"].map((id) => ({ id, name: id }));
    assert.deepEqual((await measureStarts(named, starters, 2)).map(({ id, times }: Row) => [id, times]), [
      ["import", { x: { min: 5, median: 5 }, y: { min: 3, median: 3 } }],
      ["first engine", { x: { min: 7, median: 7 } }],
    ]);
  });
});

describe("a peer in a process of its own", () => {
  async function start(script: string): Promise<Peer> {
    const { processPeer } = await import("../../bench/peers/process.mjs");
    return processPeer("Peer", process.execPath, ["-e", script]);
  }

  it("answers line by line", async () => {
    const peer = await start(`require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { do: what, row, count } = JSON.parse(line);
      console.log(JSON.stringify(what === "time" ? { micros: 2 * count } : { value: row === "a" ? 7 : null }));
    })`);
    assert.equal(await peer.prepare("a"), 7);
    assert.equal(await peer.prepare("b"), undefined);
    assert.equal(await peer.time("a", 21), 42);
    peer.close();
  });

  it("that ends is told with its last words, now and at the next request", async () => {
    const peer = await start(`console.error("no module named torch"); process.exitCode = 3`);
    const expected = /^Error: Peer .* ended by itself \(exit 3\)[\s\S]*no module named torch/;
    await assert.rejects(peer.prepare("a"), expected);
    await assert.rejects(peer.prepare("a"), expected);
  });

  it("in Node that cannot load what it measures says so in its last line", async () => {
    const { processPeer } = await import("../../bench/peers/process.mjs");
    const broken = join(mkdtempSync(join(tmpdir(), "torchlab bench ")), "broken.mjs");
    writeFileSync(broken, `throw new Error("the addon is not there\\nand so on");`);
    const peer = processPeer("Peer", process.execPath, [bench("peers/serve.mjs"), broken]) as Peer;
    await assert.rejects(peer.ask({ do: "describe" }), /the addon is not there$/);
    rmSync(dirname(broken), { recursive: true });
  });

  it("that cannot be started is told", async () => {
    const { processPeer } = await import("../../bench/peers/process.mjs");
    const peer = processPeer("Peer", join(root, "no such program"), []) as Peer;
    await assert.rejects(peer.prepare("a"), /Peer .* did not start: .*ENOENT/);
  });
});
