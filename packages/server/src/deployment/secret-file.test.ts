import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSecretFile } from "./secret-file.ts";

test.skipIf(process.platform === "win32")("a secret that others may read is not used", () => {
  const folder = mkdtempSync(join(tmpdir(), "tieline-secret-"));
  const path = join(folder, "forest.password");
  writeFileSync(path, "a secret", { mode: 0o644 });
  expect(() => readSecretFile(path)).toThrow(
    expect.objectContaining({ code: "file-unreadable", message: expect.stringMatching(/chmod 600/) }),
  );
  rmSync(folder, { recursive: true });
});
