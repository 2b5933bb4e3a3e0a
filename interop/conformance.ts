/**
 * `npm run conformance [-- --failures] [clixml|psrp|wsman ...]`: all recorded answers of a real PowerShell below the
 * folder that TIELINE_VECTORS names, over a fixed denominator; prints the rate by group.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { GroupResult } from "./conformance/result.ts";

const KINDS = ["clixml", "psrp", "wsman"] as const;
/** A rate below this is a failure of the run. */
const FLOOR = Number(process.env["TIELINE_CONFORMANCE_FLOOR"] ?? "0.9");

const showFailures = process.argv.includes("--failures");
const chosen = KINDS.filter((kind) => process.argv.slice(2).every((arg) => arg.startsWith("--")) || process.argv.includes(kind));
const root = process.env["TIELINE_VECTORS"];
if (root === undefined || !existsSync(root)) {
  console.error("Set TIELINE_VECTORS to the folder that holds clixml/, psrp/ and wsman/.");
  process.exit(2);
}

let passed = 0;
let total = 0;
const low: string[] = [];
for (const kind of chosen) {
  const folder = join(root, kind);
  if (!existsSync(folder)) {
    console.log(`${kind}: SKIPPED, ${folder} is not there`);
    continue;
  }
  const module = (await import(pathToFileURL(join(import.meta.dirname, "conformance", `${kind}.ts`)).href)) as Record<
    string,
    (folder: string) => Promise<GroupResult[]>
  >;
  const judge = module[kind];
  if (judge === undefined) throw new Error(`conformance/${kind}.ts does not export ${kind}`);
  for (const group of await judge(folder)) {
    passed += group.passed;
    total += group.total;
    const rate = group.total === 0 ? 1 : group.passed / group.total;
    // Rows that are .NET's own and not the protocol's count against the rate, not against the floor.
    if (group.total > 0 && (group.passed + (group.exempt?.length ?? 0)) / group.total < FLOOR) low.push(`${kind} ${group.group}`);
    console.log(
      `${kind.padEnd(7)} ${group.group.padEnd(28)} ${String(group.passed).padStart(6)} of ${String(group.total).padStart(6)}  ${(rate * 100).toFixed(1).padStart(5)} %`,
    );
    if (showFailures) for (const failure of group.failures) console.log(`        ${failure.id}: ${failure.reason}`);
    if (showFailures) for (const row of group.exempt ?? []) console.log(`        ${row.id}: not the protocol's: ${row.reason}`);
  }
}
console.log(`${passed} passed, ${total - passed} failed`);
if (low.length > 0) console.log(`below ${FLOOR * 100} %: ${low.join(", ")}`);
process.exit(total > 0 && low.length === 0 ? 0 : 1);
