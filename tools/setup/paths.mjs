// Where the project's parts lie, and how the project's Python is called. Imports Node's built-ins only.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const cache = join(root, ".cache");
export const venv = join(root, ".venv");
export const nodeModules = join(root, "node_modules");
export const dist = join(root, "kernel-lib", "dist");
export const kernelSpecSource = join(root, "kernel-lib", "kernel", "kernelspec.json");
export const kernelSpecFolder = join(venv, "share", "jupyter", "kernels", "torchlab");

/** The interpreter inside a virtual environment. */
export function venvPython(folder = venv, platform = process.platform) {
  return platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

const misleading =
  /^(PYTHONPATH|PYTHONHOME|__PYVENV_LAUNCHER__|PIP_(USER|TARGET|PREFIX|ROOT|REQUIRE_VIRTUALENV|PYTHON))$/i;

/**
 * The environment that the project's Python runs in: `env` without what would draw other packages in or
 * send an installation elsewhere, and with Jupyter's run-time files kept inside the project.
 */
export function pythonEnv(env = process.env) {
  const cleaned = { ...env };
  for (const name of Object.keys(cleaned)) {
    if (misleading.test(name)) delete cleaned[name];
  }
  return {
    ...cleaned,
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    PYTHONUTF8: "1",
    PYTHONUNBUFFERED: "1",
    JUPYTER_PLATFORM_DIRS: "1",
    JUPYTER_RUNTIME_DIR: join(cache, "jupyter-runtime"),
  };
}
