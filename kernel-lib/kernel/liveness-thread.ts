// The thread behind liveness.ts: the heartbeat socket and the watch on the client's process. Imports zeromq only.
import { parentPort, workerData } from "node:worker_threads";
import { Reply } from "zeromq";

export interface LivenessData {
  /** ZeroMQ address of the heartbeat. */
  readonly heartbeat: string;
  /** Process that started this one. */
  readonly parent: number;
  /** Process of the Jupyter client, where it named itself. */
  readonly client: number | undefined;
}

const data = workerData as LivenessData;
const watchEvery = 400; // milliseconds

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const watch = setInterval(() => {
  const orphaned = process.ppid !== data.parent || (data.client !== undefined && !exists(data.client));
  // Nobody is left to read a last word, and the main thread may be in an endless loop.
  if (orphaned) process.kill(process.pid, "SIGKILL");
}, watchEvery);

async function beat(): Promise<void> {
  const socket = new Reply({ linger: 0 });
  parentPort?.once("message", () => {
    clearInterval(watch);
    socket.close();
  });
  await socket.bind(data.heartbeat);
  for await (const frames of socket) await socket.send(frames);
}

void beat();
