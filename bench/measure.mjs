// Owns timing: the peers of a row run in turn, and the rows round by round, so that a machine that slows down
// slows all of them. Imports Node's built-ins and set-up's errors.
//
// A peer is { name, prepare(id), time(id, count) }, both answered by a promise: `prepare` makes a row's workload and
// resolves to a number that stands for what it computes, undefined where the peer has no such row; `time` runs it
// `count` times and resolves to the microseconds of all together. A peer that has no float64 has a `leastTolerance`.
import { setTimeout as sleep } from "node:timers/promises";
import { PlainError } from "../tools/setup/child.mjs";

/**
 * How long one timing lasts, in µs, where a single step does not last longer; how many are counted. A timing has four
 * steps and more, so that it also counts the collecting of what they leave behind, up to a `longest` for all of them.
 */
export const thorough = { target: 20_000, rounds: 9, longest: 1_000_000 };
export const quick = { target: 0, rounds: 1, longest: 0 };
const leastSteps = 4;

// OpenMP's threads spin on after a peer's step, and V8 collects beside it: two milliseconds let them come to rest.
const rest = 2;

async function timeOnce({ peer, id }, count) {
  await sleep(rest);
  return peer.time(id, count);
}

/**
 * A timing that counts. A quarter as many steps run before it, untimed: they pay for the garbage that the row before
 * has left, and bring back what it drove out of caches. (To collect at once would not do: V8 then gives up the room
 * that it had found small steps to need, and they become slower by half.)
 */
async function timeSettled(runner) {
  const { count } = runner;
  if (count >= leastSteps) await timeOnce(runner, count >> 2);
  return (await timeOnce(runner, count)) / count;
}

/** Doubles the count until it fills a good part of the target; what it runs on the way warms the peer up. */
async function countFor(runner, target, longest) {
  let count = 1;
  let micros = await timeOnce(runner, count);
  while (micros < target / 4) {
    count *= 2;
    micros = await timeOnce(runner, count);
  }
  const step = Math.max(micros, 1) / count;
  return Math.max(1, Math.round(target / step), Math.min(leastSteps, Math.floor(longest / step)));
}

/** The least and the middle of some times. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median };
}

/**
 * Throws unless all peers computed the same, up to `tolerance` relative to the first.
 * @param least for a peer that cannot keep that tolerance, its own
 */
export function checkAgreement(name, values, tolerance, least = {}) {
  const [[first, expected], ...others] = Object.entries(values);
  for (const [peer, value] of others) {
    if (Math.abs(value - expected) <= Math.max(tolerance, least[peer] ?? 0) * Math.abs(expected)) continue;
    throw new PlainError(`${name}: ${first} computes ${expected}, ${peer} ${value}: they do not do the same.`);
  }
}

/**
 * Times every row of `groups` (see rows.mjs) with every peer that has it.
 * @returns the groups; each row has `times`: { [peer]: { min, median } }, microseconds a step
 */
export async function measure(groups, peers, { target, rounds, longest = 0 }, say = () => {}) {
  const runners = [];
  const least = Object.fromEntries(peers.map(({ name, leastTolerance = 0 }) => [name, leastTolerance]));
  for (const { rows, tolerance } of groups) {
    for (const { id, name } of rows) {
      const values = {};
      for (const peer of peers) {
        const value = await peer.prepare(id);
        if (value === undefined) continue;
        values[peer.name] = value;
        runners.push({ id, peer, count: 1, times: [] });
      }
      checkAgreement(name, values, tolerance, least);
    }
  }
  // Twice: the first count is found while the code is still cold.
  for (const time of target > 0 ? ["first", "second"] : []) {
    say(`warming up, ${time} time`);
    for (const runner of runners) runner.count = await countFor(runner, target, longest);
  }
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    for (const runner of runners) runner.times.push(await timeSettled(runner));
  }
  return groups.map((group) => ({ ...group, rows: group.rows.map((row) => withTimes(row, runners)) }));
}

function withTimes(row, runners) {
  const own = runners.filter(({ id }) => id === row.id);
  return { ...row, times: Object.fromEntries(own.map(({ peer, times }) => [peer.name, summary(times)])) };
}

/**
 * Times what happens once in a process: `starters` are { name, start() }, and `start` runs a new process and
 * resolves to { [row id]: microseconds }, as far as it has the rows.
 * @returns the rows that anybody has, with `times`, as from `measure`
 */
export async function measureStarts(rows, starters, rounds) {
  const found = starters.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { start }] of starters.entries()) found[i].push(await start());
  }
  return rows.flatMap((row) => {
    const own = starters.map(({ name }, i) => [name, found[i].flatMap((start) => start[row.id] ?? [])]);
    const times = own.filter(([, list]) => list.length > 0).map(([name, list]) => [name, summary(list)]);
    return times.length > 0 ? [{ ...row, times: Object.fromEntries(times) }] : [];
  });
}
