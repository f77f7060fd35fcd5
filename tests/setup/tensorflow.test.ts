// How set-up obtains TensorFlow's native part, without a network: wheels made here, a registry that breaks off, and
// the real library where it is in place. Imports tools/setup and Node's built-ins.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync,
  truncateSync, writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const load = async () => ({
  addon: await import("../../tools/setup/tensorflow/addon.mjs"),
  compiler: await import("../../tools/setup/tensorflow/compiler.mjs"),
  files: await import("../../tools/setup/files.mjs"),
  machine: await import("../../tools/setup/tensorflow/machine.mjs"),
  obtain: await import("../../tools/setup/tensorflow/obtain.mjs"),
  paths: await import("../../tools/setup/paths.mjs"),
  probe: await import("../../tools/setup/tensorflow/probe.mjs"),
  trouble: await import("../../tools/setup/tensorflow/trouble.mjs"),
  wheels: await import("../../tools/setup/tensorflow/wheels.mjs"),
});

const root = join(__dirname, "..", "..");
interface Machine {
  platform: NodeJS.Platform;
  arch: NodeJS.Architecture;
  glibc: boolean;
  nvidia: boolean;
}
const linux: Machine = { platform: "linux", arch: "x64", glibc: true, nvidia: false };
const patient = { first: 20_000, between: 20_000 };
const nowhere = "http://127.0.0.1:9/simple";

describe("TensorFlow's native part", function () {
  this.timeout(60_000);

  let parts: Awaited<ReturnType<typeof load>>;
  let python: string;
  let folder: string;
  let places: (typeof parts)["machine"]["places"];
  let said: string[];
  const pip: Record<string, string | undefined> = {};
  const say = (line: string): number => said.push(line);

  before(async () => {
    parts = await load();
    python = parts.paths.venvPython();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "torchlab tf ß "));
    places = {
      cache: join(folder, "cache"),
      module: join(folder, "module"),
      nodeHeaders: parts.machine.places.nodeHeaders,
      lists: join(folder, "lists"),
    };
    for (const path of [places.lists, places.module, join(folder, "wheels")]) mkdirSync(path, { recursive: true });
    said = [];
    for (const name of Object.keys(process.env).filter((key) => /^PIP_/i.test(key))) {
      pip[name] = process.env[name];
      Reflect.deleteProperty(process.env, name);
    }
    process.env.PIP_NO_INDEX = "1";
    // Pip splits what is no address at its spaces.
    process.env.PIP_FIND_LINKS = pathToFileURL(join(folder, "wheels")).href;
  });

  afterEach(() => {
    for (const name of ["PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_INDEX_URL"]) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, pip);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Makes a wheel and returns its requirement, with its checksum. */
  function wheel(name: string, files: Record<string, string>): string {
    const script = `
import hashlib, json, sys, zipfile
name, folder, files = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
path = f"{folder}/{name}-1.0-py3-none-any.whl"
info = f"{name}-1.0.dist-info"
with zipfile.ZipFile(path, "w") as archive:
    for member, content in files.items():
        archive.writestr(member, content)
    archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    archive.writestr(f"{info}/RECORD", "")
print(f"{name}==1.0 --hash=sha256:" + hashlib.sha256(open(path, "rb").read()).hexdigest())`;
    const args = ["-I", "-c", script, name, join(folder, "wheels"), JSON.stringify(files)];
    const { status, stdout, stderr } = spawnSync(python, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  }

  const library = "l".repeat(100_000);
  const fakeTensorFlow = (name = "fakeflow"): string => wheel(name, {
    "tensorflow/libtensorflow_cc.so.2": library,
    "tensorflow/libtensorflow_framework.so.2": "framework",
    "tensorflow/include/tensorflow/c/c_api.h": "// header",
    "tensorflow/python/large.py": "not wanted",
  });

  function list(name: string, requirements: string[]): void {
    writeFileSync(join(places.lists, `${name}.txt`), `# what it is\n${requirements.join("\n")}\n`);
  }

  async function troubleOf(work: Promise<unknown>): Promise<{ why: string; help: string; lasting: boolean }> {
    try {
      await work;
    } catch (error) {
      if (error instanceof parts.trouble.Trouble) return error;
      throw error;
    }
    assert.fail("it went well");
  }

  describe("the choice", () => {
    const names = (machine: Partial<Machine>): string[] =>
      parts.machine.wheelSetsFor({ ...linux, ...machine }).map(({ name }: { name: string }) => name);

    it("is the CPU's wheel, and NVIDIA's before it where there is a driver", () => {
      assert.deepEqual(names({}), ["linux-x64"]);
      assert.deepEqual(names({ nvidia: true }), ["linux-x64-cuda", "linux-x64"]);
      assert.deepEqual(names({ arch: "arm64", nvidia: true }), ["linux-arm64"]);
      assert.deepEqual(names({ platform: "darwin", arch: "arm64", glibc: false }), ["darwin-arm64"]);
    });

    it("is no wheel where none holds a C library that runs there", () => {
      assert.deepEqual(names({ glibc: false }), []);
      assert.deepEqual(names({ platform: "darwin", glibc: false }), []);
      assert.deepEqual(names({ platform: "win32", glibc: false }), []);
    });

    it("is the package's own download after that, but not on musl", () => {
      const { hasOfficialDownload } = parts.machine;
      assert.equal(hasOfficialDownload({ ...linux, platform: "win32", glibc: false }), true);
      assert.equal(hasOfficialDownload({ ...linux, glibc: false }), false);
      assert.equal(hasOfficialDownload({ ...linux, arch: "riscv64" }), false);
    });

    it("takes a driver for one when both its library and a device are there", () => {
      const has = (...paths: string[]): boolean =>
        parts.machine.hasNvidiaDriver({ platform: "linux", env: {}, isThere: (path) => paths.includes(String(path)) });
      assert.equal(has("/dev/nvidiactl", join("/usr/lib64", "libcuda.so.1")), true);
      assert.equal(has("/dev/dxg", join("/usr/lib/wsl/lib", "libcuda.so.1")), true);
      assert.equal(has("/dev/nvidiactl"), false);
      assert.equal(has(join("/usr/lib64", "libcuda.so.1")), false);
    });

    it("names lists in which everything is pinned with its checksum", () => {
      const { lists } = parts.machine.places;
      const found = readdirSync(lists);
      const chosen = [...names({ nvidia: true }), ...names({ arch: "arm64" }), ...names({ platform: "darwin", arch: "arm64" }), "zig"];
      assert.deepEqual(found.sort(), chosen.map((name) => `${name}.txt`).sort());
      for (const name of found) {
        const requirements = parts.wheels.requirementsOf(join(lists, name));
        assert.ok(requirements.length > 0);
        for (const requirement of requirements) assert.match(requirement, /^[\w-]+==[\d.]+( --hash=sha256:[0-9a-f]{64})+$/);
      }
    });

    it("of a compiler is the person's own first, and on macOS none without Apple's tools", () => {
      const { compilersHere } = parts.compiler;
      const answers = (present: string[]) => ([name]: string[]) => present.includes(name);
      const here = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform, present: string[]): string[][] =>
        compilersHere(env, { platform, answers: answers(present) });
      assert.deepEqual(here({ CXX: "ccache clang++-18" }, "linux", ["ccache", "g++"]), [["ccache", "clang++-18"], ["g++"]]);
      assert.deepEqual(here({}, "darwin", ["c++", "clang++"]), []);
      assert.deepEqual(here({}, "darwin", ["c++", "xcode-select"]), [["c++"]]);
    });

    it("is nothing native where another engine is asked for", () => {
      const { reasonToSkip } = parts.obtain;
      assert.match(reasonToSkip({ TORCHLAB_ENGINE: "host" }) ?? "", /TORCHLAB_ENGINE=host asks for another engine/);
      assert.ok(reasonToSkip({ TORCHLAB_ENGINE: "wasm" }));
      assert.equal(reasonToSkip({ TORCHLAB_ENGINE: "tensorflow" }), undefined);
      assert.equal(reasonToSkip({}), undefined);
    });
  });

  describe("the wheels", () => {
    const set = (name = "fake") => ({ ...parts.machine.wheelSetsFor(linux)[0], name, tags: ["any"], disk: 1 });
    const target = (): string => join(places.cache, "fake");
    const obtain = (patience = patient): Promise<void> =>
      parts.wheels.obtainWheels(set(), target(), { lists: places.lists, python, say, label: "fake", patience });
    const areThere = (): boolean => parts.wheels.wheelsAreThere(set(), target(), places.lists);

    it("give what is needed of them, once", async () => {
      list("fake", [fakeTensorFlow()]);
      assert.equal(areThere(), false);
      await obtain();
      assert.equal(readFileSync(join(target(), "lib", "libtensorflow_cc.so.2"), "utf8"), library);
      assert.ok(existsSync(join(target(), "include", "tensorflow", "c", "c_api.h")));
      assert.deepEqual(readdirSync(places.cache), ["fake"]);
      assert.deepEqual(readdirSync(target()).filter((name) => !name.startsWith(".")).sort(), ["include", "lib"]);
      assert.equal(areThere(), true);
      said = [];
      await obtain();
      assert.deepEqual(said, []);
    });

    it("are unpacked by the first rule that fits, and what it excludes is left out", async () => {
      list("fake", [wheel("compiler", { "a/b/wanted": "1", "a/b/other": "2", "a/c": "3", "d": "4" })]);
      const rules = { ...set(), files: [["a/b/wanted", "a/b/wanted"], ["a/b/", null], ["a/", "a/"]] };
      await parts.wheels.obtainWheels(rules, target(), { lists: places.lists, python, say, label: "fake", patience: patient });
      const names = parts.files.filesUnder(target()).map((path: string) => relative(target(), path));
      assert.deepEqual(names.filter((name: string) => !name.startsWith(".")), [join("a", "b", "wanted"), join("a", "c")]);
    });

    it("are fetched again when a library has been cut off, or another list is asked for", async () => {
      list("fake", [fakeTensorFlow()]);
      await obtain();
      truncateSync(join(target(), "lib", "libtensorflow_cc.so.2"), 50_000);
      assert.equal(areThere(), false);
      await obtain();
      assert.equal(statSync(join(target(), "lib", "libtensorflow_cc.so.2")).size, library.length);
      list("fake", [fakeTensorFlow("newerflow")]);
      assert.equal(areThere(), false);
    });

    it("leave no stamp when unpacking was interrupted, and no half file after the next run", async () => {
      list("fake", [fakeTensorFlow()]);
      mkdirSync(join(target(), "lib"), { recursive: true });
      writeFileSync(join(target(), "lib", "libtensorflow_cc.so.2"), "half");
      assert.equal(areThere(), false);
      await obtain();
      assert.equal(areThere(), true);
      assert.equal(statSync(join(target(), "lib", "libtensorflow_cc.so.2")).size, library.length);
    });

    it("that an interrupted run had unpacked are not fetched again", async () => {
      const first = wheel("first", { "nvidia/one/lib/libone.so": "one" });
      const second = wheel("second", { "nvidia/two/lib/libtwo.so": "two" });
      const cuda = { ...set(), files: parts.machine.wheelSetsFor({ ...linux, nvidia: true })[0].files };
      const options = { lists: places.lists, python, say, label: "fake", patience: patient };
      const obtainBoth = (): Promise<void> => parts.wheels.obtainWheels(cuda, target(), options);
      list("fake", [first, second]);
      const secondFile = join(folder, "wheels", "second-1.0-py3-none-any.whl");
      cpSync(secondFile, join(folder, "kept.whl"));
      rmSync(secondFile);
      assert.match((await troubleOf(obtainBoth())).why, /does not have the pinned wheel/);
      assert.equal(parts.wheels.wheelsAreThere(cuda, target(), places.lists), false);
      rmSync(join(folder, "wheels", "first-1.0-py3-none-any.whl"));
      cpSync(join(folder, "kept.whl"), secondFile);
      await obtainBoth();
      assert.equal(parts.wheels.wheelsAreThere(cuda, target(), places.lists), true);
      assert.equal(readFileSync(join(target(), "nvidia", "one", "lib", "libone.so"), "utf8"), "one");
    });

    it("with another content than pinned are refused, and nothing of them is left", async () => {
      list("fake", [fakeTensorFlow().replace(/.{4}$/, "0000")]);
      assert.match((await troubleOf(obtain())).why, /not what is pinned/);
      assert.equal(areThere(), false);
      assert.deepEqual(readdirSync(places.cache), ["fake"]);
      assert.deepEqual(readdirSync(target()), []);
    });

    it("are given up in one clause where the registry cannot be reached", async () => {
      list("fake", [fakeTensorFlow()]);
      delete process.env.PIP_NO_INDEX;
      delete process.env.PIP_FIND_LINKS;
      process.env.PIP_INDEX_URL = nowhere;
      const { why, help, lasting } = await troubleOf(obtain());
      assert.match(why, /registry cannot be reached/);
      assert.match(help, /the network or the proxy/);
      assert.equal(lasting, false);
    });

    it("are not asked for where the disk is too full", async () => {
      list("fake", [fakeTensorFlow()]);
      const huge = { ...set(), disk: 1e9 };
      const options = { lists: places.lists, python, say, label: "fake", patience: patient };
      assert.match((await troubleOf(parts.wheels.obtainWheels(huge, target(), options))).why, /needs \S+ GB of disk, and \S+ GB are free/);
    });

    for (const [how, ends, pattern] of [
      ["breaks off", true, /not what is pinned|broke off/],
      ["falls silent", false, /sent nothing for \d+ seconds/],
    ] as const) {
      it(`leave nothing half when the registry ${how} in the middle of one`, async () => {
        const requirement = fakeTensorFlow();
        const content = readFileSync(join(folder, "wheels", "fakeflow-1.0-py3-none-any.whl"));
        list("fake", [requirement]);
        const server: Server = createServer((request, response) => {
          if (request.url?.endsWith(".whl") !== true) {
            response.setHeader("content-type", "text/html");
            response.end('<a href="/fakeflow-1.0-py3-none-any.whl">fakeflow-1.0-py3-none-any.whl</a>');
            return;
          }
          response.setHeader("content-length", content.length);
          response.write(content.subarray(0, content.length / 2), () => {
            if (ends) response.destroy();
          });
        });
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        try {
          delete process.env.PIP_NO_INDEX;
          delete process.env.PIP_FIND_LINKS;
          process.env.PIP_INDEX_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`;
          assert.match((await troubleOf(obtain({ ...patient, between: ends ? 20_000 : 2000 }))).why, pattern);
        } finally {
          server.closeAllConnections();
          server.close();
        }
        assert.equal(areThere(), false);
        assert.deepEqual(readdirSync(target()), []);
        assert.deepEqual(readdirSync(places.cache), ["fake"]);
      });
    }
  });

  describe("all ways together", () => {
    const env = { PATH: process.env.PATH };
    const options = () => ({ python, packages: undefined, say, machine: linux, places, env });
    const obtain = (more: NodeJS.ProcessEnv = {}): Promise<boolean> =>
      parts.obtain.obtainTensorFlow({ ...options(), env: { ...env, ...more } });
    const isThere = (): boolean => parts.obtain.tensorflowIsThere({ machine: linux, places });
    const addonFile = (): string => parts.addon.addonFile(places);

    function putGarbage(): void {
      mkdirSync(parts.addon.addonFolder(places), { recursive: true });
      writeFileSync(addonFile(), "garbage");
    }

    /** A package whose install script has no network and whose code is `index`. */
    function fakePackage(index: string): void {
      mkdirSync(join(places.module, "scripts"));
      writeFileSync(join(places.module, "scripts", "install.js"), 'throw new Error("no network");');
      writeFileSync(join(places.module, "package.json"), '{ "main": "index.js" }');
      writeFileSync(join(places.module, "index.js"), index);
    }

    it("say one line where none leads to it, take what does not load away, and throw nothing", async () => {
      fakePackage('throw new Error("half an addon");');
      list("linux-x64", ["fakeflow==1.0 --hash=sha256:" + "0".repeat(64)]);
      putGarbage();
      assert.equal(await obtain(), false);
      const lines = said.filter((line) => !line.endsWith(" …"));
      assert.equal(lines.length, 1, said.join("\n"));
      assert.match(lines[0], /^TensorFlow could not be had: .+\. Everything runs on the embedded engines \(WebAssembly, JavaScript\); to have it, .+, then run the same command again\.$/);
      assert.ok(!existsSync(addonFile()));
      assert.equal(isThere(), false);
    });

    if (process.platform !== "win32") {
      it("do not repeat what would fail again, until something changes", async () => {
        fakePackage("process.abort();");
        list("linux-x64", [fakeTensorFlow()]);
        const compiler = join(folder, "compiler");
        const calls = join(folder, "calls");
        // Serves the question for its version too.
        const text = `#!/bin/sh\nwhile [ $# -gt 1 ]; do [ "$1" = -o ] && { echo addon > "$2"; echo >> '${calls}'; }; shift; done\n`;
        writeFileSync(compiler, text);
        chmodSync(compiler, 0o755);
        // CXX may hold arguments, and so no path with a space.
        const link = join(tmpdir(), `torchlab-cxx-${process.pid}`);
        symlinkSync(folder, link);
        const CXX = join(link, "compiler");
        try {
          assert.equal(await obtain({ CXX }), false);
          assert.equal(readFileSync(calls, "utf8").length, 1);
          assert.match(said[said.length - 1], /made but does not load \(.*SIGABRT.*\)/);
          assert.ok(!existsSync(addonFile()));
          rmSync(join(places.cache, "linux-x64.addon"), { recursive: true });
          said = [];
          assert.equal(await obtain({ CXX }), false);
          assert.match(said[said.length - 1], /made but does not load/);
          assert.equal(readFileSync(calls, "utf8").length, 1);
          writeFileSync(join(places.module, "index.js"), "process.abort(); // another package");
          mkdirSync(join(places.module, "binding"));
          writeFileSync(join(places.module, "binding", "tfjs_backend.cc"), "// other sources");
          await obtain({ CXX });
          assert.equal(readFileSync(calls, "utf8").length, 2);
        } finally {
          rmSync(link);
        }
      });
    }

    it("pass the failure of the npm packages on", async () => {
      const { PlainError } = await import("../../tools/setup/child.mjs");
      list("linux-x64", [fakeTensorFlow()]);
      const set = parts.machine.wheelSetsFor(linux)[0];
      const options_ = { lists: places.lists, python, say, label: "", patience: patient };
      await parts.wheels.obtainWheels({ ...set, disk: 1 }, parts.addon.librariesOf(set, places), options_);
      const packages = Promise.reject(new PlainError("npm failed"));
      await assert.rejects(parts.obtain.obtainTensorFlow({ ...options(), packages }), /npm failed/);
    });

    describe("with the real library", () => {
      let set: ReturnType<(typeof parts)["machine"]["wheelSetsFor"]>[number];

      // A copy of the package beside links to the real libraries, so that nothing real is changed.
      beforeEach(function () {
        const real = parts.machine.places;
        const machine = parts.machine.thisMachine();
        const found = parts.machine.wheelSetsFor(machine).find((candidate) =>
          parts.wheels.wheelsAreThere(candidate, parts.addon.librariesOf(candidate, real), real.lists));
        if (found === undefined || machine.platform !== "linux" || !parts.obtain.tensorflowIsThere()) return this.skip();
        set = found;
        rmSync(places.module, { recursive: true });
        cpSync(real.module, places.module, { recursive: true, filter: (path) => !/[\\/](deps|lib)$/.test(path) });
        writeFileSync(join(places.module, "scripts", "install.js"), 'throw new Error("no network");');
        symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
        rmSync(places.lists, { recursive: true });
        cpSync(real.lists, places.lists, { recursive: true });
        const libraries = parts.addon.librariesOf(set, places);
        mkdirSync(join(libraries, "lib"), { recursive: true });
        for (const name of readdirSync(parts.addon.librariesOf(set, real))) {
          const source = join(parts.addon.librariesOf(set, real), name);
          if (["include", "nvidia"].includes(name)) symlinkSync(source, join(libraries, name));
          else if (name !== "lib") cpSync(source, join(libraries, name), { recursive: true });
        }
        cpSync(parts.addon.copyFolder(set, real), parts.addon.copyFolder(set, places), { recursive: true });
        for (const name of readdirSync(join(parts.addon.librariesOf(set, real), "lib"))) {
          symlinkSync(join(parts.addon.librariesOf(set, real), "lib", name), join(libraries, "lib", name));
        }
      });

      const machineOfSet = (): Machine => ({ ...parts.machine.thisMachine(), nvidia: set.name.endsWith("cuda") });
      const again = (): Promise<boolean> =>
        parts.obtain.obtainTensorFlow({ ...options(), env: process.env, machine: machineOfSet() });
      const whole = (): boolean => parts.obtain.tensorflowIsThere({ machine: machineOfSet(), places });
      const compiled = (): boolean => said.some((line) => line.includes("addon for Node"));

      it("put a built addon in its place without compiling, and again when it was overwritten", async () => {
        assert.equal(await again(), true, said.join("\n"));
        assert.equal(whole(), true);
        assert.equal(compiled(), false);
        writeFileSync(addonFile(), "garbage");
        assert.equal(whole(), false);
        assert.equal(await again(), true, said.join("\n"));
        assert.equal(whole(), true);
        assert.equal(compiled(), false);
      });

      it("compile the addon anew where its copy is corrupt too", async function () {
        if (parts.compiler.compilersHere().length === 0) return this.skip();
        const copy = join(parts.addon.copyFolder(set, places), "tfjs_binding.node");
        writeFileSync(copy, "garbage");
        putGarbage();
        assert.equal(await again(), true, said.join("\n"));
        assert.equal(compiled(), true);
        assert.equal(whole(), true);
        assert.deepEqual(readFileSync(copy), readFileSync(addonFile()));
      });

      it("say one line where a library has been cut off and there is no network", async () => {
        assert.equal(await again(), true);
        const libraryFile = join(parts.addon.librariesOf(set, places), "lib", "libtensorflow_framework.so.2");
        rmSync(libraryFile);
        writeFileSync(libraryFile, "cut off");
        assert.equal(whole(), false);
        said = [];
        assert.equal(await again(), false);
        assert.match(said[said.length - 1], /^TensorFlow could not be had: /);
        assert.ok(!existsSync(addonFile()), "what would end the process that loads it is still there");
      });

      it("accept an addon that someone else put there and that loads", async () => {
        const libraries = parts.addon.librariesOf(set, parts.machine.places);
        mkdirSync(join(places.module, "deps"));
        symlinkSync(join(libraries, "lib"), join(places.module, "deps", "lib"));
        mkdirSync(parts.addon.addonFolder(places), { recursive: true });
        cpSync(join(parts.addon.copyFolder(set, parts.machine.places), "tfjs_binding.node"), addonFile());
        assert.equal(whole(), false);
        assert.equal(await again(), true, said.join("\n"));
        assert.equal(whole(), true);
        assert.deepEqual(said, []);
        putGarbage();
        assert.equal(whole(), false);
      });
    });
  });
});
