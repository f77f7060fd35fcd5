// The kernel's entry: `node main.js <connection file>`. Imports every part.
//
// The kernelspec is kernelspec.json in this file's source folder, copied to
// <environment>/share/jupyter/kernels/torchlab/kernel.json: front ends replace {resource_dir} by the folder of
// that copy and {connection_file} by the path of the connection file. TORCHLAB_STRICT=1 in the environment makes
// an error that comes after its cell has ended (a late timer, a forgotten promise) fail the next cell, and where no
// cell follows, the kernel's exit status.
import { captureExit, captureStreams, exitProcess, log } from "./capture";
import { Compiler } from "./compiler";
import { readConnection } from "./connection";
import { Executor } from "./executor";
import { Introspection } from "./introspection";
import { Kernel } from "./kernel";
import { installLink } from "./link";
import { startLiveness } from "./liveness";
import { Modules } from "./modules";
import { findRoot } from "./root";
import { Sockets } from "./sockets";
import { installStackMapping } from "./stack";
import { tslabApi } from "./tslab-api";
import { warmCompiler, warmPlotting } from "./warm";

async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) {
    log("usage: node main.js <connection file>; Jupyter starts this by the kernelspec");
    exitProcess(2);
  }
  const connection = readConnection(file);
  const liveness = startLiveness(connection);
  const root = findRoot(process.cwd());
  const sockets = new Sockets(connection);
  await sockets.bind();

  const compiler = new Compiler(root);
  const modules = new Modules(root, () => tslabApi((bundle, options) => kernel.display(bundle, options)));
  const executor = new Executor(compiler, modules, root.folder);
  const kernel: Kernel = new Kernel(sockets, executor, new Introspection(compiler, executor), {
    strict: process.env.TORCHLAB_STRICT === "1",
    leave: (exitCode) => {
      sockets.close();
      void liveness.stop().then(() => exitProcess(exitCode));
    },
  });
  installStackMapping();
  captureStreams((name, text) => kernel.write(name, text));
  captureExit((error) => kernel.uncaught(error));
  kernel.installed = installLink((bundle, options) => kernel.display(bundle, options));
  process.on("SIGINT", () => kernel.interrupt());
  process.on("uncaughtException", (error) => kernel.uncaught(error));
  process.on("unhandledRejection", (reason) => kernel.uncaught(reason));

  warmCompiler(compiler);
  const complain = (error: unknown): void => log(`torchlab kernel: ${String(error)}`);
  void sockets.receive("shell", (request) => kernel.handle("shell", request), complain);
  void sockets.receive("control", (request) => kernel.handle("control", request), complain);
  warmPlotting(() => kernel.idle);
}

void main();
