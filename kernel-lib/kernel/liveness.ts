// Starts the thread that answers heartbeats and ends the kernel with its client. Imports connection.
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { address, type Connection } from "./connection";
import type { LivenessData } from "./liveness-thread";

export interface Liveness {
  /** Closes the thread's socket: a process that exits under an open one is aborted by the native module. */
  stop(): Promise<void>;
}

const longestStop = 500; // milliseconds

/**
 * Answers heartbeats and watches the process that started this kernel, in a thread of its own: both have to go on
 * while a cell keeps the main thread busy. When that process is gone, the kernel is killed within a second.
 */
export function startLiveness(connection: Connection): Liveness {
  // Jupyter names itself here; a wrapper script between the two would hide its death from the parent's id.
  const named = process.platform === "win32" ? undefined : process.env.JPY_PARENT_PID;
  const workerData: LivenessData = {
    heartbeat: address(connection, connection.hb_port),
    parent: process.ppid,
    client: named === undefined ? undefined : Number(named),
  };
  const worker = new Worker(join(__dirname, "liveness-thread.js"), { workerData, stdout: false, stderr: false });
  worker.unref();
  return {
    stop: async () => {
      const gone = new Promise((resolve) => worker.once("exit", resolve));
      worker.postMessage("stop");
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, longestStop))]);
    },
  };
}
