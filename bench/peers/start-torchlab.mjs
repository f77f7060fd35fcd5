// Prints what the import of the library and its first operation take in this new process, µs.
// Imports the built library.
const begin = performance.now();
const { default: pt } = await import("torchlab");
const imported = performance.now();
pt.linspace(0, 1, 100).mul(2);
console.log(JSON.stringify({ import: (imported - begin) * 1000, first: (performance.now() - imported) * 1000 }));
