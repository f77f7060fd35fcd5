// Fetches a list of pinned wheels with pip and takes out of them what is needed. Imports Node's built-ins only.
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { run, withProgress } from "../child.mjs";
import { hashOf, readIfThere, readStamp, removeStamp, writeAtomically, writeStamp } from "../files.mjs";
import { pythonEnv } from "../paths.mjs";
import { bytesUnder, whileGrowing } from "../progress.mjs";
import { lastWords, pipTrouble, silent, Trouble } from "./trouble.mjs";

const unpacker = join(dirname(fileURLToPath(import.meta.url)), "unpack.py");

// The wheels' own, whatever Python runs pip.
const interpreter = ["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"];

/** What a set's folder must have been made from. */
export function wheelsKey(set, lists) {
  return hashOf(lists, [join(lists, `${set.name}.txt`)], [set.files]);
}

/** The sizes of `files`, by their names relative to `folder`. */
export function sizesOf(folder, files) {
  return Object.fromEntries(files.map((file) => [relative(folder, file).split(sep).join("/"), statSync(file).size]));
}

/** Whether each file under `folder` has the size it should have: that tells a truncated one without reading 800 MB. */
export function haveSizes(folder, sizes) {
  return Object.entries(sizes).every(([name, size]) => {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    return stat !== undefined && stat.size === size;
  });
}

/** Whether what a set's wheels hold lies in `folder`, whole. */
export function wheelsAreThere(set, folder, lists) {
  const stamp = readStamp(folder);
  return stamp?.key === wheelsKey(set, lists) && haveSizes(folder, stamp.files);
}

/**
 * Fetches the wheels of `set` one by one and takes out of each what is needed, into `folder`.
 * What an interrupted run had unpacked is kept. `patience`: how long it may bring nothing (see progress.mjs).
 * @throws {Trouble}
 */
export async function obtainWheels(set, folder, { lists, python, say, label, patience }) {
  if (wheelsAreThere(set, folder, lists)) return;
  const key = wheelsKey(set, lists);
  removeStamp(folder);
  const unpacked = readUnpacked(folder, key);
  const wanted = requirementsOf(join(lists, `${set.name}.txt`));
  const temporary = join(dirname(folder), `${set.name}.download`);
  for (const wheel of Object.keys(unpacked)) {
    if (!haveSizes(folder, unpacked[wheel])) delete unpacked[wheel];
  }
  if (Object.keys(unpacked).length === 0) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Half a wheel is of no use to pip.
  rmSync(temporary, { recursive: true, force: true });
  requireDisk(folder, set.disk - megabytes(bytesUnder([folder])));
  try {
    let fetched = 0;
    let unpacking = false;
    const howFar = () => {
      const arrived = Math.min(megabytes(fetched + largestUnder(temporary)), set.download);
      return unpacking ? "unpacking" : `${arrived} of ${set.download} MB`;
    };
    await withProgress(label, async () => {
      for (const requirement of wanted) {
        if (requirement in unpacked) continue;
        const wheel = await download(set, requirement, temporary, { python, patience });
        fetched += statSync(wheel).size;
        unpacking = true;
        unpacked[requirement] = await unpack(set, wheel, folder, python);
        unpacking = false;
        writeUnpacked(folder, key, unpacked);
        rmSync(temporary, { recursive: true, force: true });
      }
    }, say, howFar);
    writeStamp(folder, { key, files: Object.assign({}, ...Object.values(unpacked)) });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function download(set, requirement, temporary, { python, patience }) {
  const arrived = join(temporary, "arrived");
  const parts = join(temporary, "parts");
  for (const path of [arrived, parts]) mkdirSync(path, { recursive: true });
  // Only a list may hold checksums.
  const list = join(temporary, "list.txt");
  writeFileSync(list, `${requirement}\n`);
  const args = [
    "-I", "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-cache-dir",
    "--progress-bar", "off", "--retries", "1", "--timeout", "15", ...interpreter,
    ...set.tags.flatMap((tag) => ["--platform", tag]), "--dest", arrived, "-r", list,
  ];
  // Pip downloads into its temporary folder: there it can be watched, and found after a kill.
  const env = { ...pythonEnv(), TMPDIR: parts, TEMP: parts, TMP: parts };
  const { result, stalled } = await whileGrowing([temporary], patience, (signal) =>
    run(python, args, { cwd: temporary, env, signal }));
  if (stalled !== undefined) throw silent("Python's package registry", stalled);
  if (result.code !== 0) throw pipTrouble(result.tail);
  const wheels = readdirSync(arrived).filter((name) => name.endsWith(".whl"));
  if (wheels.length !== 1) throw new Trouble(`pip brought ${wheels.length} wheels for ${requirement}`, "mend pip's settings");
  return join(arrived, wheels[0]);
}

/** Resolves to the sizes of the files that were taken out. */
async function unpack(set, wheel, folder, python) {
  const { code, tail } = await run(python, ["-I", unpacker, wheel, folder, JSON.stringify(set.files)], { env: pythonEnv() });
  if (code === 0) return JSON.parse(lastWords(tail));
  const full = /Errno 28|No space/i.test(tail.join("\n"));
  throw full ? pipTrouble(tail) : new Trouble(`a wheel cannot be unpacked (${lastWords(tail)})`, "look at that error");
}

/** The requirements of a list, each with its checksums. */
export function requirementsOf(list) {
  return readFileSync(list, "utf8").split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

// Which wheels an interrupted run had got so far.
const unpackedName = ".unpacked.json";

function readUnpacked(folder, key) {
  try {
    const record = JSON.parse(readIfThere(join(folder, unpackedName)) ?? "{}");
    return record.key === key ? record.wheels : {};
  } catch {
    return {};
  }
}

function writeUnpacked(folder, key, wheels) {
  writeAtomically(join(folder, unpackedName), JSON.stringify({ key, wheels }));
}

function requireDisk(folder, needed) {
  const { bavail, bsize } = statfsSync(folder);
  const free = megabytes(bavail * bsize);
  if (free < needed) throw new Trouble(`it needs ${gigabytes(needed)} GB of disk, and ${gigabytes(free)} GB are free`, "make room");
}

// Pip copies what has arrived whole, so that there are two for a moment.
function largestUnder(folder) {
  return Math.max(bytesUnder([join(folder, "arrived")]), bytesUnder([join(folder, "parts")]));
}

function megabytes(bytes) {
  return Math.floor(bytes / 1e6);
}

function gigabytes(megabytes) {
  return (megabytes / 1000).toFixed(1);
}
