// Atomic writes, content hashes and stamps. Imports Node's built-ins only.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** Writes the whole file or nothing: a reader, or a kill in between, never meets half of it. */
export function writeAtomically(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The text of a file, or undefined where there is none. */
export function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** The hash of a file's content, or undefined where there is no such file. */
export function contentHash(path) {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Every file at or under `path`, sorted; none where nothing is there. */
export function filesUnder(path, skip = () => false) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return [path];
    throw error;
  }
  return entries
    .filter((entry) => !skip(entry.name))
    .flatMap((entry) => {
      const inner = join(path, entry.name);
      return entry.isDirectory() ? filesUnder(inner, skip) : [inner];
    })
    .sort();
}

/** One hash over names and contents of `files` and the strings in `extra`. Names count relative to `base`. */
export function hashOf(base, files, extra = []) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(base, file).split(sep).join("/")}\0${content.length}\0`).update(content);
  }
  return hash.update(JSON.stringify(extra)).digest("hex");
}

/**
 * The stamp of a folder, or undefined: nothing vouches for it.
 * A stamp lies inside what it vouches for, so that deleting the thing deletes its stamp.
 */
export function readStamp(folder) {
  const text = readIfThere(join(folder, stampName));
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** To be written last, when the thing is whole. */
export function writeStamp(folder, value) {
  writeAtomically(join(folder, stampName), JSON.stringify(value));
}

/** To be called before the thing is changed: a kill from here on leaves it without a stamp. */
export function removeStamp(folder) {
  rmSync(join(folder, stampName), { force: true });
}

const stampName = ".torchlab-stamp.json";
