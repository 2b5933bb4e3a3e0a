/** The hosted migration service's address out of what administrators have at hand. */
import { expect, test } from "vitest";
import { hostedMigrationUrl } from "./hosted-migration.ts";

const WHOLE = "https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc";

test.each([
  WHOLE,
  `  ${WHOLE}/  `,
  `${WHOLE}?x=1#y`,
  "admin0a.online.lync.com",
  "https://admin0a.online.lync.com",
  "https://admin0a.online.lync.com/OcsPowershellOAuth?AdminDomain=contoso.com",
  "admin0a.online.lync.com/OcsPowershellLiveId",
  "OU=6a1c2b8e-5f0d-4c1a-9b7e-0a3d5e7f9c01,OU=OCS Tenants,DC=lync0a001,DC=local",
  "dc=LYNC0A001",
])("%s", (text) => {
  expect(hostedMigrationUrl(text).href).toBe(WHOLE);
});

test("an address stays spelt as it is given: it is what a token is asked for", () => {
  const spelt = "https://admin0a.online.lync.com/HostedMigration/hostedMigrationService.svc";
  expect(hostedMigrationUrl(spelt).href).toBe(spelt);
});

test("a port is kept, and a host of three signs", () => {
  expect(hostedMigrationUrl("service.contoso.com:8443").host).toBe("service.contoso.com:8443");
  expect(hostedMigrationUrl("DC=lync0m2001").host).toBe("admin0m2.online.lync.com");
});

test.each([
  ["http://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc", "it is not https"],
  ["https://", "it is no address"],
  ["admin 0a", "it is no address"],
  ["ftp://x", "it is not https"],
])("%s is refused: %s", (text, reason) => {
  expect(() => hostedMigrationUrl(text)).toThrow(
    expect.objectContaining({ code: "hosted-address-unfit", fields: { address: text, reason } }),
  );
});

test("a password in it is refused, and not repeated", () => {
  const refused = expect.objectContaining({ code: "hosted-address-unfit", message: expect.not.stringContaining("s3cret") as string });
  expect(() => hostedMigrationUrl("https://admin:s3cret@admin0a.online.lync.com")).toThrow(refused);
});
