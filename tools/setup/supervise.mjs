// Runs one command and ends it, with all that it started, once its parent is gone. Imports Node's built-ins only.
//
// A kill -9 of set-up or of a notebook run cannot be caught; a pipe that closes can. The parent holds the other
// end of this process's stdin: when that closes, whatever the reason, the whole group goes.
import { spawn, spawnSync } from "node:child_process";

const [command, ...args] = process.argv.slice(2);

function endAll() {
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(process.pid), "/T", "/F"]);
  } else {
    process.kill(-process.pid, "SIGKILL");
  }
}

process.stdin.on("end", endAll).on("error", endAll).resume();
// Ctrl-C reaches the parent, which closes the pipe; the command is not to race it.
process.on("SIGINT", () => {});

const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code, signal) => {
  if (signal) console.error(`ended by ${signal}`);
  process.exit(code ?? 128);
});
