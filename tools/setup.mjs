// Brings a clone to the point where everything runs.
// Imports Node's built-ins only, and those late, so that an
// old Node gets as far as being told that it is old.
//
//   node tools/setup.mjs [--lab | --test]

const oldest = [20, 19];
const current = process.version.slice(1).split(".").map(Number);
if (current[0] < oldest[0] || (current[0] === oldest[0] && current[1] < oldest[1])) {
  const needed = "torchlab needs Node " + oldest.join(".") + " or newer";
  console.error(needed + ", and this is " + process.version + ": install a newer one from nodejs.org.");
  process.exit(1);
}

import("./setup/main.mjs").then(function (main) {
  return main.setUpFromCommandLine(process.argv.slice(2));
});
