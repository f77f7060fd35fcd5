// Watching a folder grow, where a download itself tells nothing. Imports Node's built-ins only.
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The bytes of all files under `folders`; files may come and go meanwhile. */
export function bytesUnder(folders) {
  return folders.reduce((sum, folder) => sum + bytesAt(folder), 0);
}

function bytesAt(path) {
  try {
    const stat = lstatSync(path);
    if (!stat.isDirectory()) return stat.size;
    return readdirSync(path).reduce((sum, name) => sum + bytesAt(join(path, name)), 0);
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return 0;
    throw error;
  }
}

/**
 * Runs `work(signal)` and aborts it once `folders` have not changed in size for too long.
 * `patience`: milliseconds { first, between } before the first change and between two of them.
 * Resolves to { result, stalled }: the milliseconds after which it was aborted, or undefined.
 */
export async function whileGrowing(folders, patience, work) {
  const controller = new AbortController();
  let size = bytesUnder(folders);
  let since = Date.now();
  let limit = patience.first;
  let stalled;
  const timer = setInterval(() => {
    const now = bytesUnder(folders);
    if (now !== size) {
      since = Date.now();
      limit = patience.between;
    }
    size = now;
    if (Date.now() - since <= limit) return;
    stalled = limit;
    controller.abort();
  }, 500);
  try {
    const result = await work(controller.signal);
    return { result, stalled };
  } finally {
    clearInterval(timer);
  }
}
