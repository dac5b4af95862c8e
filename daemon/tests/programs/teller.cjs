// Tells what its clocks read: a line for each line of input. Date.now has milliseconds only, so it waits for the next one to begin.
function wallAtItsEdge() {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now;
}

require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", () => {
    const wall = wallAtItsEdge();
    process.stdout.write(`wall=${wall}000000 mono=${process.hrtime.bigint()}\n`);
  });
