// One set-up, and one run of the notebooks, at a time in one folder. Imports Node's built-ins only.
import {
  linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlainError } from "./child.mjs";
import { readIfThere } from "./files.mjs";

const beat = 1000;
// A holder that has not beaten for this long is gone, even where its number now belongs to another process.
const silent = 30_000;

/** Whether the holder named in a lock's text is gone. `age`: milliseconds since its last beat. */
export function isStale(text, age, alive = isAlive) {
  if (age > silent) return true;
  try {
    const holder = JSON.parse(text);
    return holder.host === hostname() && !alive(holder.pid);
  } catch {
    // Half-written: its owner was killed between creating and filling it, or is about to fill it.
    return age > 2000;
  }
}

/**
 * Runs `work` while holding the lock at `path`; waits for another holder, takes over from a dead one.
 * `what` names the work in messages; `patience` is in milliseconds.
 */
export async function withLock(path, work, { what = "set-up", say = console.log, patience = 15 * 60_000 } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() });
  const start = Date.now();
  let told = false;
  while (!tryToTake(path, mine)) {
    const seen = look(path);
    if (seen === undefined) continue;
    if (isStale(seen.text, seen.age)) {
      if (takeAway(path, seen.text)) {
        say(`an earlier ${what} was interrupted: going on from what it left`);
        // What it had started is ended by its supervisor as soon as it sees it gone: give it that moment.
        await sleep(1500);
      }
      continue;
    }
    if (!told) say(`another ${what} is at work in this folder: waiting for it …`);
    told = true;
    if (Date.now() - start > patience) {
      const holder = `another ${what} (process ${holderOf(seen.text)})`;
      throw new PlainError(`${holder} has held ${path} for too long: end it, then run this again.`);
    }
    await sleep(300);
  }
  const timer = setInterval(() => touch(path), beat);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (readIfThere(path) === mine) rmSync(path, { force: true });
  }
}

function tryToTake(path, text) {
  try {
    writeFileSync(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function look(path) {
  try {
    return { text: readFileSync(path, "utf8"), age: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

// Two waiters may see the same dead lock: only one may remove it, and not a live one made meanwhile. A rename
// succeeds once; what was moved is compared, and put back if it was not the dead one.
function takeAway(path, deadText) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
  const wasDead = readIfThere(aside) === deadText;
  if (!wasDead) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  }
  rmSync(aside, { force: true });
  return wasDead;
}

function touch(path) {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function holderOf(text) {
  try {
    return JSON.parse(text).pid;
  } catch {
    return "unknown";
  }
}
