// JupyterLab with the project's kernel, driven by a browser: Run All draws every plot, and stops at a cell that throws.
// Imports browser of this folder, and runs the project's Python environment.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./browser";

const root = join(__dirname, "..", "..");
const bin = join(root, ".venv", process.platform === "win32" ? "Scripts" : "bin");
const fixtures = join(root, "tests", "fixtures", "lab");
const notebooksIn = (folder: string): string[] => readdirSync(folder).filter((file) => file.endsWith(".ipynb"));
const installed = existsSync(bin) && readdirSync(bin).some((name) => /^jupyter-lab(\.exe)?$/.test(name));

/** A code cell after Run All, as the notebook's model holds it. */
interface RanCell {
  source: string;
  tags: string[];
  count: number | null;
  errors: string[];
  plots: number;
}

// JupyterLab's application object, as far as it is used here.
declare const jupyterapp: {
  restored: Promise<void>;
  commands: { execute(command: string, args?: object): Promise<unknown> };
};
interface NotebookPanel {
  id: string;
  sessionContext: { ready: Promise<void>; shutdown(): Promise<void>; session: { kernel: Kernel } };
  content: { model: { toJSON(): { cells: ModelCell[] } } };
  dispose(): void;
}
interface Kernel {
  requestExecute(request: { code: string; silent: boolean }): { done: Promise<unknown> };
}
interface ModelCell {
  cell_type: string;
  source: string | string[];
  metadata: { tags?: string[] };
  execution_count: number | null;
  outputs: { output_type: string; evalue?: string; data?: { [mime: string]: unknown } }[];
}
declare global {
  interface Window {
    panel: NotebookPanel;
  }
}

describe("JupyterLab", function () {
  this.timeout(240_000);

  if (!installed) {
    it.skip("JupyterLab is not installed in .venv: run node tools/setup.mjs --test");
    return;
  }

  let home: string;
  let server: ChildProcess;
  let browser: Browser;
  let page: Page;

  before(async () => {
    home = realpathSync(mkdtempSync(join(tmpdir(), "torchlab-lab-")));
    const folder = join(home, "notebooks");
    mkdirSync(folder);
    for (const source of [join(root, "notebooks"), fixtures]) {
      for (const file of notebooksIn(source)) cpSync(join(source, file), join(folder, file));
    }
    const started = await startServer(home, folder);
    server = started.server;
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    await page.goto(started.url);
    await page.waitForFunction("globalThis.jupyterapp !== undefined");
    await page.evaluate(() => jupyterapp.restored);
  });

  after(async () => {
    await browser?.close();
    await stopServer(server);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });

  afterEach(async () => {
    await page.evaluate(async () => {
      await window.panel.sessionContext.shutdown();
      window.panel.dispose();
    });
  });

  for (const file of notebooksIn(join(root, "notebooks"))) {
    it(`${file}: Run All draws its plots, without an error`, async () => {
      await openNotebook(page, file);
      await runAll(page);
      const cells = await ranCells(page);
      assert.ok(cells.length > 0);
      for (const { source, tags, count, errors } of cells) {
        if (!tags.includes("raises-exception")) assert.deepEqual(errors, [], source);
        assert.ok(count !== null || source.trim() === "", `not run: ${source}`);
      }
      const plots = cells.reduce((sum, cell) => sum + cell.plots, 0);
      assert.deepEqual(await drawnPlots(page, plots), { plots, blank: 0 });
    });
  }

  it("shows a plot for each figure of the fixture, and goes on after an error that is expected", async () => {
    await openNotebook(page, "draws.ipynb");
    await runAll(page);
    const cells = await ranCells(page);
    assert.deepEqual(cells.map(({ plots }) => plots), [0, 1, 1, 0, 0]);
    assert.deepEqual(cells.map(({ errors }) => errors.length), [0, 0, 0, 1, 0]);
    assert.deepEqual(cells.map(({ count }) => count), [1, 2, 3, 4, 5]);
    assert.deepEqual(await drawnPlots(page, 2), { plots: 2, blank: 0 });
  });

  it("shows a cell that throws in red, and stops Run All there", async () => {
    await openNotebook(page, "throws.ipynb");
    await runAll(page);
    const cells = await ranCells(page);
    assert.deepEqual(cells.map(({ count }) => count), [1, 2, null]);
    assert.deepEqual(cells.map(({ errors }) => errors), [[], ["area: 2 sides, and 3 are needed"], []]);
    const traceback = page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]');
    assert.equal(await traceback.count(), 1);
    const text = await traceback.innerText();
    assert.match(text, /RangeError/);
    assert.match(text, /area: 2 sides, and 3 are needed/);
    assert.match(text, /throw new RangeError\(`area/);
    const background = await traceback.evaluate((element) => getComputedStyle(element).backgroundColor);
    const [red, green, blue] = (background.match(/\d+/g) ?? []).map(Number);
    assert.ok(red > green + 15 && red > blue + 15, background);
  });
});

/**
 * A JupyterLab of the project's environment on a free port of this machine, with settings of its own.
 *
 * @param home a folder for its settings and run-time files
 * @param folder where its notebooks are
 * @throws Error with what the server printed, where it does not come up
 */
async function startServer(home: string, folder: string): Promise<{ server: ChildProcess; url: string }> {
  const config = join(home, "config", "labconfig");
  const tracker = join(home, "settings", "@jupyterlab", "notebook-extension");
  mkdirSync(config, { recursive: true });
  mkdirSync(tracker, { recursive: true });
  // News would be fetched from the network, and cells out of sight would not be drawn.
  const announcements = { disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } };
  writeFileSync(join(config, "page_config.json"), JSON.stringify(announcements));
  writeFileSync(join(tracker, "tracker.jupyterlab-settings"), JSON.stringify({ windowingMode: "none" }));
  const token = "torchlab";
  const server = spawn(
    join(bin, "python"),
    [
      "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0",
      `--IdentityProvider.token=${token}`, "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
    ],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        PYTHONNOUSERSITE: "1",
        PYTHONUTF8: "1",
        IPYTHONDIR: join(home, "ipython"),
        JUPYTER_CONFIG_DIR: join(home, "config"),
        JUPYTER_DATA_DIR: join(home, "data"),
        JUPYTER_RUNTIME_DIR: join(home, "runtime"),
        JUPYTERLAB_SETTINGS_DIR: join(home, "settings"),
        JUPYTERLAB_WORKSPACES_DIR: join(home, "workspaces"),
      },
    },
  );
  let printed = "";
  const url = await new Promise<string>((resolve, reject) => {
    server.on("error", reject);
    server.on("exit", () => reject(new Error(`JupyterLab ended:\n${printed}`)));
    server.stderr.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const address = printed.match(/http:\/\/127\.0\.0\.1:\d+\/lab/)?.[0];
      if (address) resolve(`${address}?token=${token}`);
    });
  });
  return { server, url };
}

/** Ends the server, which ends its kernels first. */
async function stopServer(server: ChildProcess | undefined): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  const late = setTimeout(() => server.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(late);
}

/** Opens a notebook and waits for its kernel. */
async function openNotebook(page: Page, path: string): Promise<void> {
  await page.evaluate(async (notebook) => {
    window.panel = (await jupyterapp.commands.execute("docmanager:open", { path: notebook })) as NotebookPanel;
    await window.panel.sessionContext.ready;
  }, path);
}

/** Run All, by the menu's own command, to its end. */
async function runAll(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await jupyterapp.commands.execute("notebook:run-all-cells");
    // The command ends at the first error, expected or not, while later cells run: what is asked last is answered last.
    await window.panel.sessionContext.session.kernel.requestExecute({ code: "", silent: true }).done;
  });
}

function ranCells(page: Page): Promise<RanCell[]> {
  return page.evaluate(() =>
    window.panel.content.model.toJSON().cells.filter((cell) => cell.cell_type === "code").map((cell) => ({
      source: [cell.source].flat().join(""),
      tags: cell.metadata.tags ?? [],
      count: cell.execution_count,
      errors: cell.outputs.filter((output) => output.output_type === "error").map((output) => output.evalue ?? ""),
      plots: cell.outputs.filter(({ data = {} }) => Object.keys(data).some((mime) => mime.includes("vegalite"))).length,
    })));
}

/** The plots that the notebook in sight shows, when there are `expected` of them or a while later. */
async function drawnPlots(page: Page, expected: number): Promise<{ plots: number; blank: number }> {
  const drawings = ".jp-NotebookPanel:not(.lm-mod-hidden) .vega-embed :is(canvas.marks, svg.marks)";
  await page.waitForFunction(
    ([selector, count]) => document.querySelectorAll(selector).length >= count,
    [drawings, expected] as [string, number],
    { timeout: 20_000 },
  ).catch(() => undefined);
  return page.evaluate((selector) => {
    const found = [...document.querySelectorAll(selector)];
    const blank = found.filter((drawing) => {
      const { width, height } = drawing.getBoundingClientRect();
      return width < 100 || height < 50;
    });
    return { plots: found.length, blank: blank.length };
  }, drawings);
}
