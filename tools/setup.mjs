// Brings a clone to the point where everything runs. Imports Node's built-ins only, and those late: an old Node is to get this far.
//
//   node tools/setup.mjs [--lab | --test]

var oldest = [20, 19];
var current = process.version.slice(1).split(".").map(Number);
if (current[0] < oldest[0] || (current[0] === oldest[0] && current[1] < oldest[1])) {
  console.error("torchlab needs Node " + oldest.join(".") + " or newer, and this is " + process.version + ": install a newer one from nodejs.org.");
  process.exit(1);
}

import("./setup/main.mjs").then(function (main) {
  return main.setUpFromCommandLine(process.argv.slice(2));
});
