/**
 * `npm run interop [name ...]`: drives the strangers that this machine has against our two ends, and says aloud which
 * it has not. Exit code 1 if a case failed.
 */
import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Driver } from "./driver.ts";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);

function driverFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? (entry.name === "conformance" ? [] : driverFiles(join(folder, entry.name))) : [join(folder, entry.name)],
    )
    .filter((file) => file.endsWith(".driver.ts"))
    .sort();
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of driverFiles(here)) {
  const { driver } = (await import(pathToFileURL(file).href)) as { driver: Driver };
  const short = relative(here, file).replace(".driver.ts", "");
  if (wanted.length > 0 && !wanted.some((name) => short.includes(name))) continue;
  const missing = await driver.needs();
  if (missing !== undefined) {
    skipped += 1;
    console.log(`${driver.name}: SKIPPED, ${missing}`);
    continue;
  }
  console.log(`${driver.name}:`);
  const from = performance.now();
  try {
    const outcome = await driver.run();
    passed += outcome.passed;
    failed += outcome.failed;
  } catch (error) {
    failed += 1;
    console.log(`  FAILED  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  console.log(`  ${((performance.now() - from) / 1000).toFixed(0)} s`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
