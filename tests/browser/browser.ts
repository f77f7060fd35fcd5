// Launches headless Chromium for the tests: the system's, else the one that npm's @sparticuz/chromium carries.
// Imports playwright-core and @sparticuz/chromium.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { chromium, type Browser } from "playwright-core";

const root = join(__dirname, "..", "..");

/**
 * A headless Chromium. `TORCHLAB_CHROMIUM=carried` leaves the system's aside.
 *
 * @throws Error naming each Chromium that was tried and what it answered
 */
export async function launchChromium(): Promise<Browser> {
  // Chromium's sandbox refuses to run as root, which is what a container usually is.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const refusals: string[] = [];
  const system = process.env.TORCHLAB_CHROMIUM === "carried" ? [] : systemChromiums();
  for (const executablePath of system) {
    try {
      return await chromium.launch({ executablePath, args });
    } catch (error) {
      refusals.push(`${executablePath}: ${firstLine(error)}`);
    }
  }
  try {
    const { executablePath, env } = await carriedChromium();
    return await chromium.launch({ executablePath, env, args: ["--no-sandbox", ...args] });
  } catch (error) {
    refusals.push(`@sparticuz/chromium: ${firstLine(error)}`);
  }
  throw new Error(`No Chromium starts here; install Chromium or Google Chrome. Tried:\n${refusals.join("\n")}`);
}

const firstLine = (error: unknown): string => String(error).split("\n").slice(0, 3).join(" ");

/** The Chromiums and Chromes found on PATH and where macOS and Windows keep them. */
function systemChromiums(): string[] {
  const onPath = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].flatMap((name) =>
    (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)));
  const mac = ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  const windows = ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"].flatMap((name) => {
    const folder = process.env[name];
    return folder ? [join(folder, "Google", "Chrome", "Application", "chrome.exe")] : [];
  });
  return [...onPath, ...mac, ...windows].filter((path) => existsSync(path));
}

/**
 * The carried Chromium, unpacked on first use into the project's cache: the executable, and the environment in which it
 * finds the libraries and fonts that a bare machine lacks.
 */
async function carriedChromium(): Promise<{ executablePath: string; env: { [name: string]: string } }> {
  if (process.platform !== "linux") throw new Error(`is for Linux, and this is ${process.platform}`);
  const entry = require.resolve("@sparticuz/chromium");
  const packageFolder = join(dirname(entry), "..");
  const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { version: string };
  const home = join(root, ".cache", `chromium-${version}`);
  if (!existsSync(home)) {
    const fresh = `${home}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    try {
      await unpack(packageFolder, fresh);
      renameSync(fresh, home);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  const fontConfig = join(home, "fonts.conf");
  writeFileSync(fontConfig, fontConfiguration(home));
  return {
    executablePath: join(home, "chromium"),
    env: {
      ...(process.env as { [name: string]: string }),
      LD_LIBRARY_PATH: [join(home, "al2023", "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
      FONTCONFIG_FILE: fontConfig,
    },
  };
}

// The package unpacks into the temporary folder, where it takes whatever file is called "chromium" for its own.
async function unpack(packageFolder: string, target: string): Promise<void> {
  const { default: carried, inflate } = await import("@sparticuz/chromium");
  const before = process.env.TMPDIR;
  process.env.TMPDIR = target;
  try {
    await carried.executablePath();
    await inflate(join(packageFolder, "bin", "al2023.tar.br"));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

const fontConfiguration = (home: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${join(home, "fonts")}</dir>
  <cachedir>${join(home, "font-cache")}</cachedir>
</fontconfig>
`;
