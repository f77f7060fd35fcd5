// How a test run is told: mocha's spec lines, then the failures, the time, and the counts alone on the last line.
// Imports mocha only.
const { reporters } = require("mocha");

function elapsed(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

module.exports = class Reporter extends reporters.Spec {
  /** Called by mocha at the end of the run. */
  epilogue() {
    const { duration, failures, passes, pending } = this.stats;
    if (failures > 0) {
      console.log("\nWhat failed:");
      reporters.Base.list(this.failures);
    }
    console.log(`\nThe tests took ${elapsed(duration)}.`);
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    // Tells tools/test.mjs, where that is the parent, that the counts have been said.
    process.send?.("told");
  }
};
