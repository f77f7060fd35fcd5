// npm run lab: opens JupyterLab on the notebooks with the project's kernel.
// Imports Node's built-ins and tools/setup only.
//
//   npm run lab [-- options of `jupyter lab`]
import { join } from "node:path";
import { mainProgram, run } from "./setup/child.mjs";
import { pythonEnv, root, venvPython } from "./setup/paths.mjs";

await mainProgram(async () => {
  console.log("JupyterLab is starting; Ctrl-C ends it.");
  const defaults = [
    `--ServerApp.root_dir=${root}`,
    "--LabApp.default_url=/lab/tree/notebooks",
    "--MultiKernelManager.default_kernel_name=torchlab",
  ];
  const args = ["-m", "jupyterlab", ...defaults, ...process.argv.slice(2)];
  const { code } = await run(venvPython(), args, {
    cwd: join(root, "notebooks"),
    env: { ...pythonEnv(), PYTHONNOUSERSITE: "1" },
    onLine: (line) => console.error(line),
  });
  return code;
});
