/** `npm run bench [name ...]`: each benchmark in a process of its own, one after the other, so that none warms or fills another. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const wanted = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".bench.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.startsWith(name)))
  .sort();
let failed = 0;
for (const file of files) {
  console.log(`\n== ${file.replace(".bench.ts", "")}`);
  const result = spawnSync(process.execPath, ["--conditions=@tieline/source", "--expose-gc", join(import.meta.dirname, file)], {
    stdio: "inherit",
  });
  if (result.status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
