// Runs one command and ends it, with all that it started, once its parent is gone.
// Imports Node's built-ins only.
//
// A kill -9 of set-up or of a notebook run cannot be caught; a pipe that closes can. The parent holds the other
// end of this process's stdin: when that closes, whatever the reason, the whole group goes.
import { spawn, spawnSync } from "node:child_process";

const [command, ...args] = process.argv.slice(2);

// A moment to end well: a notebook's runner has a kernel to end.
const grace = 1000;
let ending = false;

function endAll() {
  ending = true;
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(process.pid), "/T", "/F"]);
    return;
  }
  process.kill(-process.pid, "SIGTERM");
  setTimeout(killAll, grace);
}

function killAll() {
  process.kill(-process.pid, "SIGKILL");
}

process.stdin.on("end", endAll).on("error", endAll).resume();
// Its own SIGTERM reaches this process too.
process.on("SIGTERM", () => {});

const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code, signal) => {
  // Something that the command started may still be there.
  if (ending) killAll();
  if (signal) console.error(`ended by ${signal}`);
  process.exit(code ?? 128);
});
