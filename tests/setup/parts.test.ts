// The parts of set-up: choosing a Python, stamps, the lock, commands that cannot outlive their parent.
// Imports tools/setup and Node's built-ins.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const root = join(__dirname, "..", "..");
const tool = (name: string): string => join(root, "tools", "setup", name);

const load = async () => ({
  child: await import("../../tools/setup/child.mjs"),
  files: await import("../../tools/setup/files.mjs"),
  lock: await import("../../tools/setup/lock.mjs"),
  paths: await import("../../tools/setup/paths.mjs"),
  prerequisites: await import("../../tools/setup/prerequisites.mjs"),
  steps: await import("../../tools/setup/steps.mjs"),
});

describe("set-up's parts", () => {
  let parts: Awaited<ReturnType<typeof load>>;
  let folder: string;

  before(async () => {
    parts = await load();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "torchlab parts ß "));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe("the choice of a Python", () => {
    const python = (version: number[], venv = true) => ({ version, path: `/python${version.join(".")}`, venv });

    it("is the first that will do", () => {
      const probes = [undefined, python([3, 8, 1]), python([3, 12, 0], false), python([3, 9, 0]), python([3, 13, 0])];
      assert.deepEqual(parts.prerequisites.choosePython(probes, {}), python([3, 9, 0]));
    });

    it("is not a Python 2, nor a Python 4", () => {
      assert.throws(() => parts.prerequisites.choosePython([python([2, 7, 18])], {}), /is 2\.7\.18/);
      assert.throws(() => parts.prerequisites.choosePython([python([4, 0, 0])], {}), /is 4\.0\.0/);
    });

    it("is the person's own where there is one, and no other", () => {
      assert.deepEqual(parts.prerequisites.pythonCandidates({ TORCHLAB_PYTHON: "/mine" }, "linux"), [["/mine"]]);
    });

    it("tries Windows' launcher on Windows", () => {
      assert.deepEqual(parts.prerequisites.pythonCandidates({}, "win32")[0], ["py", "-3"]);
    });
  });

  describe("the Python environment", () => {
    it("has its interpreter where the system puts it", () => {
      assert.match(parts.paths.venvPython("v", "linux"), /^v.bin.python$/);
      assert.match(parts.paths.venvPython("v", "win32"), /^v.Scripts.python\.exe$/);
    });

    it("is not led astray by the person's settings", () => {
      const env = parts.paths.pythonEnv({ PYTHONPATH: "/x", PIP_TARGET: "/y", PIP_INDEX_URL: "kept", PATH: "kept" });
      assert.deepEqual(
        ["PYTHONPATH", "PIP_TARGET", "PIP_INDEX_URL", "PATH"].map((name) => (env as Record<string, string>)[name]),
        [undefined, undefined, "kept", "kept"],
      );
    });

    it("fulfils a profile only with its stamp, its list and its folder", () => {
      const { environmentFulfils } = parts.steps;
      const stamp = { folder: "/here/.venv", installed: { base: "1", lab: "2" } };
      assert.equal(environmentFulfils(stamp, "base", "1", "/here/.venv"), true);
      assert.equal(environmentFulfils(stamp, "lab", "2", "/here/.venv"), true);
      assert.equal(environmentFulfils(stamp, "base", "another list", "/here/.venv"), false);
      assert.equal(environmentFulfils(stamp, "test", "3", "/here/.venv"), false);
      assert.equal(environmentFulfils(stamp, "base", "1", "/moved/.venv"), false);
      assert.equal(environmentFulfils(undefined, "base", "1", "/here/.venv"), false);
    });

    for (const [smaller, larger] of [["", "-lab"], ["-lab", "-test"]]) {
      it(`the list requirements${larger}.txt holds all of requirements${smaller}.txt in the same versions`, () => {
        // A marker may differ in what it says of interpreters other than CPython.
        const pins = (name: string): string[] =>
          readFileSync(join(root, "tools", `requirements${name}.txt`), "utf8")
            .split("\n")
            .filter((line) => line !== "" && !line.startsWith("#"))
            .map((line) => line.split(";")[0].trim());
        assert.ok(pins(smaller).length > 40);
        assert.ok(pins(smaller).every((pin) => /^[\w.-]+==[\w.]+$/.test(pin)));
        const all = new Set(pins(larger));
        assert.deepEqual(pins(smaller).filter((pin) => !all.has(pin)), []);
      });
    }
  });

  describe("the npm packages", () => {
    const lock = {
      packages: {
        "": { version: "1.0.0" },
        "node_modules/a": { version: "1.0.0" },
        "node_modules/b": { version: "2.0.0", optional: true },
        "kernel-lib/node_modules/c": { version: "3.0.0" },
        "node_modules/here": { link: true },
      },
    };
    const installed = {
      packages: {
        "node_modules/a": { version: "1.0.0" },
        "kernel-lib/node_modules/c": { version: "3.0.0" },
        "node_modules/here": { link: true },
      },
    };

    it("are there when each has the version of the lock; optional ones may be missing", () => {
      assert.equal(parts.steps.fulfilsLock(lock, installed), true);
    });

    it("are not there when one has another version, is missing, or has lost its folder", () => {
      const other = { packages: { ...installed.packages, "node_modules/a": { version: "1.0.1" } } };
      const missing = { packages: { ...installed.packages, "kernel-lib/node_modules/c": undefined } };
      assert.equal(parts.steps.fulfilsLock(lock, other), false);
      assert.equal(parts.steps.fulfilsLock(lock, missing), false);
      assert.equal(parts.steps.foldersAreThere(lock, (path: string) => path !== "node_modules/b"), true);
      assert.equal(parts.steps.foldersAreThere(lock, (path: string) => path !== "kernel-lib/node_modules/c"), false);
    });
  });

  it("the kernelspec names the Node that ran set-up, and keeps the rest", () => {
    const source = JSON.stringify({ argv: ["node", "{resource_dir}/x.js", "{connection_file}"], language: "typescript" });
    assert.deepEqual(JSON.parse(parts.steps.kernelSpecText(source, "/a b/node")), {
      argv: ["/a b/node", "{resource_dir}/x.js", "{connection_file}"],
      language: "typescript",
    });
  });

  describe("stamps and hashes", () => {
    it("a stamp is what was written, and gone with its folder or when it is half", () => {
      const { readStamp, removeStamp, writeStamp } = parts.files;
      assert.equal(readStamp(folder), undefined);
      writeStamp(folder, { key: "k" });
      assert.deepEqual(readStamp(folder), { key: "k" });
      writeFileSync(join(folder, readdirSync(folder)[0]), '{"key": "');
      assert.equal(readStamp(folder), undefined);
      removeStamp(folder);
      assert.deepEqual(readdirSync(folder), []);
    });

    it("a hash follows content, name and place, and nothing else", () => {
      const { filesUnder, hashOf } = parts.files;
      const hash = (): string => hashOf(folder, filesUnder(folder));
      mkdirSync(join(folder, "in"));
      writeFileSync(join(folder, "in", "a"), "1");
      const first = hash();
      utimesSync(join(folder, "in", "a"), new Date(0), new Date(0));
      assert.equal(hash(), first);
      writeFileSync(join(folder, "in", "a"), "2");
      const second = hash();
      writeFileSync(join(folder, "in", "b"), "");
      const third = hash();
      assert.equal(new Set([first, second, third]).size, 3);
    });

    it("a write that fails leaves the file as it was, and nothing beside it", () => {
      const path = join(folder, "file");
      mkdirSync(path);
      assert.throws(() => parts.files.writeAtomically(path, "text"));
      assert.deepEqual(readdirSync(folder), ["file"]);
    });
  });

  describe("the lock", () => {
    const holder = (pid: number, host = hostname()): string => JSON.stringify({ pid, host });

    it("is stale when its holder is gone or silent, not while it lives", () => {
      const { isStale } = parts.lock;
      const alive = (pid: number): boolean => pid === 1;
      assert.equal(isStale(holder(1), 500, alive), false);
      assert.equal(isStale(holder(2), 500, alive), true);
      assert.equal(isStale(holder(1), 60_000, alive), true);
      assert.equal(isStale(holder(2, "another machine"), 500, alive), false);
      assert.equal(isStale("", 500, alive), false);
      assert.equal(isStale("", 5000, alive), true);
    });

    it("lets one in at a time, and all in the end", async function () {
      this.timeout(20_000);
      const path = join(folder, "lock");
      let inside = 0;
      const most: number[] = [];
      const work = async (): Promise<void> => {
        most.push((inside += 1));
        await sleep(50);
        inside -= 1;
      };
      await Promise.all([1, 2, 3].map(() => parts.lock.withLock(path, work, { say: () => {} })));
      assert.deepEqual(most, [1, 1, 1]);
      assert.ok(!existsSync(path));
    });

    it("is let go when the work fails", async () => {
      const path = join(folder, "lock");
      const work = (): Promise<never> => Promise.reject(new Error("the work failed"));
      await assert.rejects(parts.lock.withLock(path, work), /the work failed/);
      assert.ok(!existsSync(path));
    });

    it("is taken from a process that was killed", async function () {
      this.timeout(20_000);
      const path = join(folder, "lock");
      const script = `import { withLock } from ${JSON.stringify(pathToFileURL(tool("lock.mjs")).href)};
        await withLock(${JSON.stringify(path)}, async () => { console.log("held"); await new Promise(() => setInterval(() => {}, 1e6)); });`;
      const other = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((held) => other.stdout.once("data", held));
      const ended = new Promise((closed) => other.once("close", closed));
      other.kill("SIGKILL");
      await ended;
      assert.ok(existsSync(path));
      const said: string[] = [];
      assert.equal(await parts.lock.withLock(path, async () => "done", { say: (line: string) => said.push(line) }), "done");
      assert.match(said.join("\n"), /interrupted: going on/);
    });
  });

  describe("a command", () => {
    it("is run with its arguments as they are, and its last lines are kept", async () => {
      const script = "console.log(process.argv[1]); for (let i = 0; i < 50; i++) console.error(i); process.exitCode = 3;";
      const result = await parts.child.run(process.execPath, ["-e", script, "a b ü \"c\""], { tailLines: 60 });
      assert.equal(result.code, 3);
      assert.ok(result.tail.includes("a b ü \"c\"") && result.tail.includes("49"), result.tail.join("\n"));
    });

    it("that is not there fails", async () => {
      const { code, tail } = await parts.child.run(join(folder, "nothing"), []);
      assert.notEqual(code, 0);
      assert.match(tail.join("\n"), /ENOENT/);
    });

    it("ends with what it started when its parent is killed", async function () {
      this.timeout(20_000);
      const pidFile = join(folder, "pid");
      const endless = `require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1e6)`;
      // A child that starts another and ignores the polite signal.
      const child = `process.on("SIGTERM", () => {});
        require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(endless)}]); setInterval(() => {}, 1e6)`;
      const script = `import { run } from ${JSON.stringify(pathToFileURL(tool("child.mjs")).href)};
        await run(process.execPath, ["-e", ${JSON.stringify(child)}]);`;
      const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
      while (!existsSync(pidFile)) await sleep(50);
      await sleep(50);
      const pid = Number(readFileSync(pidFile, "utf8"));
      const isThere = (): boolean => {
        try {
          return process.kill(pid, 0);
        } catch {
          return false;
        }
      };
      assert.ok(isThere());
      parent.kill("SIGKILL");
      for (let waited = 0; isThere() && waited < 10_000; waited += 100) await sleep(100);
      assert.ok(!isThere());
    });
  });
});
