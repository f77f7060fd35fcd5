// Which of TensorFlow's builds serves which machine, and where its parts lie. Imports Node's built-ins only.
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cache, nodeModules } from "../paths.mjs";

const lists = join(dirname(fileURLToPath(import.meta.url)), "wheels");

/** Where TensorFlow's parts lie. The large ones are outside node_modules/, which `npm ci` empties. */
export const places = {
  cache: join(cache, "tensorflow"),
  module: join(nodeModules, "@tensorflow", "tfjs-node-gpu"),
  nodeHeaders: join(nodeModules, "node-api-headers", "include"),
  lists,
};

// Of a wheel's 15,000 headers, those that the addon includes.
const tensorflowFiles = [
  ["tensorflow/libtensorflow_cc.", "lib/libtensorflow_cc."],
  ["tensorflow/libtensorflow_framework.", "lib/libtensorflow_framework."],
  ["tensorflow/include/tensorflow/c/", "include/tensorflow/c/"],
  ["tensorflow/include/tensorflow/core/platform/ctstring", "include/tensorflow/core/platform/ctstring"],
  ["tensorflow/include/tsl/platform/ctstring", "include/tsl/platform/ctstring"],
  ["tensorflow/include/xla/tsl/c/", "include/xla/tsl/c/"],
];

// TensorFlow looks for NVIDIA's libraries in ../nvidia/*/lib, seen from its own.
const nvidiaFiles = [["nvidia/", "nvidia/"]];

/**
 * Sets of wheels. `name`: that of the list and of the folder; `tags`: the platform tags of the list's wheels;
 * `files`: what is taken out of a wheel, and where it goes, as beginnings of paths, of which the first that fits counts
 * (null: it is not taken); `download`: megabytes in all;
 * `disk`: megabytes that must be free, with the wheels while they are unpacked.
 */
const sets = {
  cuda: {
    name: "linux-x64-cuda",
    tags: ["manylinux_2_27_x86_64", "manylinux_2_25_x86_64", "manylinux_2_17_x86_64", "manylinux_2_12_x86_64"],
    files: [...tensorflowFiles, ...nvidiaFiles],
    download: 3380,
    disk: 7500,
  },
  linuxX64: { name: "linux-x64", tags: ["manylinux_2_27_x86_64"], files: tensorflowFiles, download: 274, disk: 1500 },
  linuxArm64: { name: "linux-arm64", tags: ["manylinux_2_27_aarch64"], files: tensorflowFiles, download: 282, disk: 1600 },
  darwinArm64: { name: "darwin-arm64", tags: ["macosx_12_0_arm64"], files: tensorflowFiles, download: 223, disk: 1300 },
};

/**
 * The sets of wheels that serve a machine, best first; none where PyPI has no C library for it.
 * @param {{ platform: string, arch: string, glibc: boolean, nvidia: boolean }} machine
 */
export function wheelSetsFor({ platform, arch, glibc, nvidia }) {
  switch (`${platform}-${arch}`) {
    case "linux-x64":
      if (!glibc) return [];
      return nvidia ? [sets.cuda, sets.linuxX64] : [sets.linuxX64];
    case "linux-arm64":
      return glibc ? [sets.linuxArm64] : [];
    case "darwin-arm64":
      return [sets.darwinArm64];
    default:
      return [];
  }
}

/** Whether the npm package has a download of its own for a machine. */
export function hasOfficialDownload({ platform, arch, glibc }) {
  const known = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"].includes(`${platform}-${arch}`);
  return known && (platform !== "linux" || glibc);
}

const zigTags = {
  "linux-x64": "manylinux_2_12_x86_64",
  "linux-arm64": "manylinux_2_17_aarch64",
  "darwin-arm64": "macosx_12_0_arm64",
};

// Its headers for other systems are 13,000 files.
const zigForLinux = [
  ...["any-linux-any", "generic-glibc", "x86-linux", "x86_64-linux", "arm-linux", "aarch64-linux"]
    .map((name) => [`ziglang/lib/libc/include/${name}`, `ziglang/lib/libc/include/${name}`]),
  ...["libc/include/", "libc/mingw/", "libc/musl/", "libc/wasi/", "libc/darwin/", "libtsan/"]
    .map((name) => [`ziglang/lib/${name}`, null]),
];

/** The wheel with a C++ compiler for a machine that has none. */
export function zigSetFor({ platform, arch }) {
  const files = [...(platform === "linux" ? zigForLinux : []), ["ziglang/", "ziglang/"]];
  return { name: "zig", tags: [zigTags[`${platform}-${arch}`]], files, download: 94, disk: 800 };
}

/** This machine. */
export function thisMachine() {
  const { platform, arch } = process;
  // Otherwise it looks up the names of all connections.
  process.report.excludeNetwork = true;
  // A Node that runs on musl does not name a glibc.
  const glibc = platform === "linux" && process.report.getReport().header.glibcVersionRuntime !== undefined;
  return { platform, arch, glibc, nvidia: hasNvidiaDriver() };
}

/**
 * Whether an NVIDIA driver can be used: both its library and a device. A container sees the host's driver in /proc
 * though it has been lent neither.
 */
export function hasNvidiaDriver({ platform = process.platform, env = process.env, isThere = existsSync } = {}) {
  if (platform !== "linux") return false;
  const folders = [
    ...(env.LD_LIBRARY_PATH ?? "").split(delimiter).filter((folder) => folder !== ""),
    "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib/x86_64-linux-gnu", "/lib64",
    "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64", "/run/opengl-driver/lib",
  ];
  const hasDevice = ["/dev/nvidiactl", "/dev/dxg"].some(isThere);
  return hasDevice && folders.some((folder) => isThere(join(folder, "libcuda.so.1")));
}
