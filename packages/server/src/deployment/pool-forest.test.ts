import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Fault } from "@tieline/fault";
import type { DeploymentForest } from "../migration/index.ts";
import { keepForest } from "./pool-forest.ts";
import { readSecretFile } from "./secret-file.ts";

type Refreshed = Awaited<ReturnType<DeploymentForest["refresh"]>>;

const NOTHING: Refreshed = { added: 0, changed: 0, removed: 0, refused: 0 };

test("trouble with the forest is told when it begins and when it ends, not each time", async () => {
  const away = new Fault("forest-unreachable", { server: "dc1.contoso.local", reason: "refused" } as never);
  const answers: (Fault | Refreshed)[] = [away, away, away, NOTHING, { ...NOTHING, added: 3 }];
  const all = Promise.withResolvers<void>();
  let asked = 0;
  const forest = {
    name: "ldaps://dc1.contoso.local",
    refresh: () => {
      const answer = answers[asked++];
      if (answer === undefined) all.resolve();
      return answer instanceof Fault ? Promise.reject(answer) : Promise.resolve(answer ?? NOTHING);
    },
    flush: () => Promise.resolve(0),
  } as unknown as DeploymentForest;
  const said: string[] = [];
  const log = { info: (_: object, text: string) => void said.push(text), warn: (_: object, text: string) => void said.push(`! ${text}`) };
  {
    await using _kept = keepForest(forest, 1, log);
    await all.promise;
  }
  expect(said).toEqual(["! the forest could not be read", "the forest answers again", "the forest was read"]);
});

test.skipIf(process.platform === "win32")("a secret that others may read is not used", () => {
  const folder = mkdtempSync(join(tmpdir(), "tieline-secret-"));
  const path = join(folder, "forest.password");
  writeFileSync(path, "a secret", { mode: 0o644 });
  expect(() => readSecretFile(path)).toThrow(
    expect.objectContaining({ code: "file-unreadable", message: expect.stringMatching(/chmod 600/) }),
  );
  rmSync(folder, { recursive: true });
});
