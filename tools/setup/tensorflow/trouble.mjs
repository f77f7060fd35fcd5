// Why a way of obtaining TensorFlow did not lead to it. Imports nothing.

/**
 * `why`: what was wrong, as a clause; `help`: what would help, as an infinitive.
 * `lasting`: a new attempt under the same circumstances would end the same way.
 */
export class Trouble extends Error {
  constructor(why, help, { lasting = false } = {}) {
    super(why);
    this.why = why;
    this.help = help;
    this.lasting = lasting;
  }
}

const network = "mend the network or the proxy (`npm config list` and `.venv/bin/python -m pip config list` show settings)";

/** What pip's last lines, `tail`, say in one clause. */
export function pipTrouble(tail) {
  const text = tail.join("\n");
  if (/No space left|Errno 28|not enough space/i.test(text)) return new Trouble("the disk is full", "make room");
  if (/DO NOT MATCH THE HASHES/.test(text)) {
    return new Trouble("what arrived is not what is pinned, so it was cut off or changed on its way", network);
  }
  if (/NewConnection|ConnectTimeout|NameResolution|ProxyError|SSLError|Max retries|HTTP error|\b40[137]\b|\b50\d\b/i.test(text)) {
    return new Trouble("Python's package registry cannot be reached", network);
  }
  if (/IncompleteRead|Connection broken|not enough bytes|Download failed|timed out/i.test(text)) {
    return new Trouble("the download from Python's package registry broke off", network);
  }
  if (/No matching distribution|Could not find a version/.test(text)) {
    return new Trouble("Python's package registry, or its mirror, does not have the pinned wheel", "use one that does");
  }
  return new Trouble(`pip failed (${lastWords(tail)})`, network);
}

/** A download of which no byte came for `milliseconds`. */
export function silent(source, milliseconds) {
  return new Trouble(`${source} sent nothing for ${Math.round(milliseconds / 1000)} seconds`, network);
}

/** The last line of a command's output that says something. */
export function lastWords(tail) {
  return tail.findLast((line) => line.trim() !== "")?.trim() ?? "it said nothing";
}
