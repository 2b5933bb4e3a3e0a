/** Ways of an application: what it sends, and whose clock it was. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FakeAuthority, fakeMeans, refusal, requestFor, somebody, wishFor } from "./fake-authority.fixture.ts";
import { runWay } from "./run-way.ts";
import { secretFile } from "./workload.ts";

const folder = mkdtempSync(join(tmpdir(), "tieline-way-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const nobody = somebody({ attends: false });

test("a workload's file is read anew each time, since its platform renews it", async () => {
  const authority = new FakeAuthority();
  const file = join(folder, "token");
  for (const assertion of ["first", "second"]) {
    writeFileSync(file, `\uFEFF${assertion}\n`);
    await runWay("workload", requestFor(undefined, "contoso.com"), wishFor(nobody, { federatedTokenFile: file }), fakeMeans(authority));
  }
  expect(authority.forms.map((form) => form["client_assertion"])).toEqual(["first", "second"]);
  expect(authority.forms[0]).toMatchObject({
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  });
});

test.each([
  ["none", "file-unreadable"],
  ["empty", "sign-in-incomplete"],
])("a secret's file that is %s is %s", (name, code) => {
  const path = join(folder, name);
  if (name === "empty") writeFileSync(path, "\n");
  expect(() => secretFile(path, "secret", "a secret in the file")).toThrow(expect.objectContaining({ code }));
});

test.each([
  ["ten minutes behind", 10, "clock-wrong"],
  ["right", 0, "token-refused"],
])("an assertion that the authority finds untimely, with a clock that is %s, is %s", async (_, minutes, code) => {
  const authority = new FakeAuthority();
  authority.instead.push(refusal(700024, "invalid_client", "Client assertion is not within its valid time range."));
  const means = fakeMeans(authority);
  means.clock.note("login.test", { date: new Date(authority.time.ms + minutes * 60_000).toUTCString() }, authority.time.ms);
  const failed = runWay("secret", requestFor(undefined, "contoso.com"), wishFor(nobody, { secret: () => "s" }), means);
  await expect(failed).rejects.toMatchObject(
    code === "clock-wrong" ? { code, fields: { minutes: 10 } } : { said: expect.stringContaining("AADSTS700024") },
  );
});
