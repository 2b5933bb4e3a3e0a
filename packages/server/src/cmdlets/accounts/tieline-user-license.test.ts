import { command } from "@tieline/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONTOSO, openLab, type Lab } from "../lab.fixture.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(20);
});
afterAll(() => lab.store.close());

const NOBODY = "nolicence@contoso.com";

async function plans(): Promise<string[]> {
  const [user] = await lab.directory.tenant(CONTOSO).users.find((eb) => eb("upn_key", "=", NOBODY), 1);
  return (user?.plans ?? []).map(({ planId, status }) => `${planId.slice(0, 8)} ${status}`).toSorted();
}

test("a licence brings its plans, a plan may stand alone, and what is not named stays", async () => {
  await lab.online()(command("Set-TielineUserLicense", { Identity: NOBODY, RemoveLicenses: ["MCOSTANDARD"] }));
  const before = await plans();
  const set = (given: Record<string, unknown>) => lab.online()(command("Set-TielineUserLicense", { Identity: NOBODY, ...given } as never));
  expect((await set({ AddLicenses: ["contoso:MCOSTANDARD", "4828c8ec-dc2e-4779-b502-87ac9ce28ab7"], PassThru: true })).rows).toHaveLength(
    1,
  );
  expect(await plans()).toEqual([...new Set([...before, "0feaeb32 Enabled", "4828c8ec Enabled", "57ff2da0 Enabled"])].toSorted());
  await set({ RemoveLicenses: ["MCOSTANDARD", "MCOEV"] });
  expect(await plans()).toEqual(before.filter((plan) => !/^(0feaeb32|57ff2da0|4828c8ec)/.test(plan)));
});

test("an unknown licence is refused, and nothing is given", async () => {
  const before = await plans();
  const { said } = await lab.online()(command("Set-TielineUserLicense", { Identity: NOBODY, AddLicenses: ["MCOSTANDARD", "E5"] } as never));
  expect(said).toEqual(['There is no licence or service plan "E5".']);
  expect(await plans()).toEqual(before);
});

test("who may read alone does not give any", async () => {
  const { said } = await lab.online(
    CONTOSO,
    "viewer@contoso.com",
  )(command("Set-TielineUserLicense", { Identity: NOBODY, AddLicenses: ["MCOSTANDARD"] } as never));
  expect(said[0]).toContain("Set-TielineUserLicense");
});
