// What set-up says on a machine that lacks something: one line, before anything is made. Imports Node's built-ins.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

describe("set-up on a machine that lacks something", function () {
  this.timeout(60_000);

  let clone: string;
  let bin: string;

  // A clone on which nothing has been set up, and a PATH on which nothing lies.
  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "torchlab set-up é "));
    bin = join(clone, "bin");
    mkdirSync(join(clone, "kernel-lib"), { recursive: true });
    mkdirSync(bin);
    cpSync(join(root, "tools"), join(clone, "tools"), { recursive: true, filter: (path) => !path.includes("__pycache__") });
    for (const name of ["package.json", "package-lock.json", join("kernel-lib", "package.json")]) {
      copyFileSync(join(root, name), join(clone, name));
    }
  });

  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  function setUp(nodeArgs: string[] = [], env: Record<string, string> = {}): Outcome {
    return spawnSync(process.execPath, [...nodeArgs, join(clone, "tools", "setup.mjs")], {
      cwd: clone,
      encoding: "utf8",
      env: { PATH: bin, HOME: clone, ...env },
    });
  }

  /** A command on the PATH of the clone that answers as a Python would. */
  function fakePython(name: string, lines: string[]): string {
    const path = join(bin, name);
    writeFileSync(path, `#!/bin/sh\ncat <<'END'\n${lines.join("\n")}\nEND\n`);
    chmodSync(path, 0o755);
    copyTool("cat");
    return path;
  }

  function copyTool(name: string): void {
    const found = ["/bin", "/usr/bin"].map((folder) => join(folder, name)).find(existsSync);
    assert.ok(found);
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${found} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }

  function assertSaysOneLine({ status, stdout, stderr }: Outcome, pattern: RegExp): void {
    assert.match(stderr, pattern);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    assert.equal(stdout, "");
    assert.equal(status, 1);
    assert.ok(!existsSync(join(clone, "node_modules")) && !existsSync(join(clone, ".venv")), "something was made");
  }

  const pretend = (version: string): string[] =>
    ["--import", `data:text/javascript,Object.defineProperty(process,"version",{value:"${version}"})`];

  it("says that Node is too old", () => {
    const pattern = /^torchlab needs Node 20\.19 or newer, and this is v18\.20\.4: install a newer one from nodejs\.org\.\n$/;
    assertSaysOneLine(setUp(pretend("v18.20.4")), pattern);
  });

  it("says so of an older release of the same major version too", () => {
    assertSaysOneLine(setUp(pretend("v20.18.3")), /this is v20\.18\.3: install/);
  });

  it("does not say so of a newer Node", () => {
    assert.doesNotMatch(setUp(pretend("v24.0.0")).stderr, /needs Node/);
  });

  if (process.platform === "win32") return;

  it("says that there is no Python", () => {
    assertSaysOneLine(setUp(), /^set-up needs Python 3\.9 or newer, and none was found: install it from /);
  });

  it("says that Python is too old", () => {
    fakePython("python3", ["3.8.18", "/somewhere/python3"]);
    assertSaysOneLine(setUp(), /Python 3\.9 or newer, and \/somewhere\/python3 is 3\.8\.18: install a newer one/);
  });

  it("says that Python cannot make environments, and how to mend that", () => {
    fakePython("python3", ["3.11.2", "/somewhere/python3", "no venv"]);
    assertSaysOneLine(setUp(), /Python 3\.11\.2 \(\/somewhere\/python3\) lacks them: .*sudo apt install python3-venv/);
  });

  it("says that the Python of TORCHLAB_PYTHON does not run, and takes no other", () => {
    fakePython("python3", ["3.11.2", "/somewhere/python3"]);
    const env = { TORCHLAB_PYTHON: "/nowhere/python" };
    assertSaysOneLine(setUp([], env), /TORCHLAB_PYTHON=\/nowhere\/python does not run\.\n$/);
  });
});
