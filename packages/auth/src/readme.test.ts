import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Before Node 22.18 the runtime cannot run TypeScript. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

test.skipIf(major < 22 || (major === 22 && minor < 18))("the example of the README runs and says what it says", () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const [, code = ""] = /```ts\n([^]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  const folder = mkdtempSync(join(root, ".example-"));
  try {
    const file = join(folder, "example.ts");
    writeFileSync(file, code);
    const { stdout, stderr } = spawnSync(process.execPath, ["--conditions=@tieline/source", file], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toBe("alice@contoso.com Negotiate\n<s:Envelope/>\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
