// The ways to TensorFlow's native part, in order, and the one line where none leads to it.
// Imports Node's built-ins only.
import { readlinkSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { PlainError } from "../child.mjs";
import {
  contentHash, filesUnder, hashOf, readIfThere, readStamp, removeStamp, writeAtomically, writeStamp,
} from "../files.mjs";
import { buildNative, native as usualNative } from "../native.mjs";
import {
  addonFile, addonFolder, addonKey, buildAddon, isOurs, librariesOf, placeAddon, wasBuilt,
} from "./addon.mjs";
import { compilersHere, obtainZig, warmUp } from "./compiler.mjs";
import { hasOfficialDownload, places as usualPlaces, thisMachine, wheelSetsFor } from "./machine.mjs";
import { downloadOfficially } from "./official.mjs";
import { probe } from "./probe.mjs";
import { Trouble } from "./trouble.mjs";
import { haveSizes, obtainWheels, sizesOf, wheelsAreThere } from "./wheels.mjs";

// How long a download may bring nothing, the first time and after one that failed: a person who works without a
// network must not wait for it at every start.
const patience = { first: 60_000, between: 60_000 };
const littlePatience = { first: 10_000, between: 60_000 };

/** Whether the best of what this machine can have is in place, whole. */
export function tensorflowIsThere({ machine = thisMachine(), places = usualPlaces } = {}) {
  const stamp = validStamp(machine, places);
  return stamp !== undefined && (stamp.set === undefined || stamp.set === wheelSetsFor(machine)[0]?.name);
}

/** The stamp of what is in place, or undefined where that is missing, changed or truncated. */
function validStamp(machine, places) {
  const stamp = readStamp(addonFolder(places));
  if (stamp?.addon === undefined || stamp.addon !== contentHash(addonFile(places))) return undefined;
  if (stamp.set === undefined) return haveSizes(libraryFolder(places), stamp.files) ? stamp : undefined;
  const set = wheelSetsFor(machine).find(({ name }) => name === stamp.set);
  const linked = set !== undefined && isOurs(places) &&
    readlinkSync(join(places.module, "deps")) === relative(places.module, librariesOf(set, places));
  const current = linked && stamp.key === addonKey(set, places);
  return current && wheelsAreThere(set, librariesOf(set, places), places.lists) ? stamp : undefined;
}

function libraryFolder(places) {
  return join(places.module, "deps", "lib");
}

/** Why set-up is not to obtain TensorFlow though it is not there, or undefined. */
export function reasonToSkip(env = process.env) {
  const engine = env.TORCHLAB_ENGINE;
  if (engine !== "host" && engine !== "wasm") return undefined;
  return `TensorFlow is not obtained, since TORCHLAB_ENGINE=${engine} asks for another engine.`;
}

/**
 * Obtains TensorFlow's native part, or says in one line why there is none. Throws only what `packages` does.
 * `python`: the project's, with pip. `packages`: settles when the npm packages are in place; undefined where they
 * were from the start, so that what lies in them may already do. Resolves to whether TensorFlow is there.
 */
export async function obtainTensorFlow({
  python, packages, say, env = process.env, machine = thisMachine(), places = usualPlaces, native = usualNative,
}) {
  const failures = [];
  try {
    if (packages === undefined && (await acceptWhatIsThere(places))) return true;
    if (validStamp(machine, places) === undefined) removeAddon(places);
    const record = readRecord(places);
    // What is known of an earlier attempt counts for the same sources only.
    if (Object.keys(record).length > 0) await packages;
    for (const way of waysFor({ machine, places, native, env, python, packages, say })) {
      const known = record[way.name];
      const futile = known?.lasting && known.key === way.key();
      const problem = futile ? known : await tryWay(way, known !== undefined, { machine, places, say });
      if (problem === undefined) delete record[way.name];
      else record[way.name] = { why: problem.why, help: problem.help, lasting: problem.lasting, key: way.key() };
      writeRecord(places, record);
      if (problem === undefined) {
        if (failures.length > 0 && machine.nvidia) say(onTheCpu(failures[0]));
        return true;
      }
      failures.push(problem);
    }
  } catch (error) {
    failures.unshift(troubleFrom(error));
  }
  say(nothingHad(failures));
  return false;
}

/** An addon that someone else put there, or that a version of set-up did which left no stamp. */
async function acceptWhatIsThere(places) {
  const addon = contentHash(addonFile(places));
  // One that is linked to our libraries is made again from what lies beside them, in a second.
  if (addon === undefined || isOurs(places)) return false;
  try {
    await probe(places);
  } catch (error) {
    if (error instanceof Trouble) return false;
    throw error;
  }
  stampForeign(places);
  return true;
}

function stampForeign(places) {
  const files = sizesOf(libraryFolder(places), filesUnder(libraryFolder(places)));
  writeStamp(addonFolder(places), { addon: contentHash(addonFile(places)), files });
}

/**
 * Each way: its name in the record of what failed; `key`, the circumstances under which it would fail again;
 * `make(patience)`, which leaves the package ready to be loaded; `stamp`, once it has been.
 */
function waysFor({ machine, places, native, env, python, packages, say }) {
  const wheels = wheelSetsFor(machine).map((set) => ({
    name: set.name,
    set: set.name,
    key: () => hashOf(places.lists, [], [addonKey(set, places), process.version, compilersHere(env), env.CXX]),
    async make(patience) {
      const label = `TensorFlow (${set.download} MB to download)`;
      await obtainWheels(set, librariesOf(set, places), { lists: places.lists, python, say, label, patience });
      let zig;
      const zigOnce = () => (zig ??= obtainZig(machine, places, { python, say, patience }));
      if (packages !== undefined && !wasBuilt(set, places) && compilersHere(env).length === 0) {
        // While npm is at work. Why there is none is said when it is needed.
        await zigOnce().then((compiler) => warmUp(compiler, places, say), () => {});
      }
      await packages;
      try {
        const built = await buildAddon(set, places, { machine, env, say, obtainZig: zigOnce });
        // TensorFlow is safe from signals with the project's own addon only.
        await buildNative({ native, env, say, obtainZig: zigOnce });
        removeStamp(addonFolder(places));
        placeAddon(set, places, built);
      } finally {
        await zig?.then(({ remove }) => remove(), () => {});
      }
    },
    stamp: () => writeStamp(addonFolder(places), {
      set: set.name, key: addonKey(set, places), addon: contentHash(addonFile(places)),
    }),
  }));
  if (!hasOfficialDownload(machine)) return wheels;
  const official = {
    name: "official",
    key: () => process.version,
    async make(patience) {
      await packages;
      removeStamp(addonFolder(places));
      const first = Math.min(patience.first, 20_000);
      await downloadOfficially(places, { machine, say, patience: { ...patience, first } });
    },
    stamp: () => stampForeign(places),
  };
  return [...wheels, official];
}

/** Resolves to the Trouble that ended the attempt, or to undefined. */
async function tryWay(way, failedBefore, { machine, places, say }) {
  if (way.set !== undefined && validStamp(machine, places)?.set === way.set) return undefined;
  try {
    await way.make(failedBefore ? littlePatience : patience);
    const version = await probe(places);
    way.stamp();
    say(`TensorFlow ${version}: loads and computes`);
    return undefined;
  } catch (error) {
    if (validStamp(machine, places) === undefined) removeAddon(places);
    return troubleFrom(error);
  }
}

// What nothing vouches for may end the process that loads it: a library that was cut off does.
function removeAddon(places) {
  rmSync(addonFolder(places), { recursive: true, force: true });
}

// A PlainError is that of the npm packages, which are set-up's own business.
function troubleFrom(error) {
  if (error instanceof PlainError) throw error;
  return error instanceof Trouble ? error : new Trouble(`set-up met an error (${error.message})`, "look at that error");
}

function recordFile(places) {
  return join(places.cache, "failed.json");
}

function readRecord(places) {
  try {
    return JSON.parse(readIfThere(recordFile(places)) ?? "{}");
  } catch {
    return {};
  }
}

function writeRecord(places, record) {
  if (Object.keys(record).length === 0) rmSync(recordFile(places), { force: true });
  else writeAtomically(recordFile(places), JSON.stringify(record));
}

function onTheCpu({ why, help }) {
  return `TensorFlow computes on the CPU here, since its build for the GPU could not be had: ${why}. ` +
    `To have it, ${help}, then run the same command again.`;
}

function nothingHad([first]) {
  const { why, help } = first ?? new Trouble("there is no build of it for this system", "use Linux with glibc, macOS or Windows");
  return `TensorFlow could not be had: ${why}. Everything runs on the embedded engines (WebAssembly, JavaScript); ` +
    `to have it, ${help}, then run the same command again.`;
}
