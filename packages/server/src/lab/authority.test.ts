import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { certificateFacts } from "@tieline/auth";
import { Dialler, get, NameMap } from "@tieline/net";
import { isFault } from "@tieline/fault";
import { LabAuthority } from "./authority.ts";
import { LabSecrets } from "./secrets.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tieline-lab-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOW = Date.now();
const NAMES = ["admin0a.online.lync.com", "localhost", "127.0.0.1"];

test("a certificate of the lab is trusted by name, by whoever trusts the lab only", async () => {
  const authority = await LabAuthority.open(folder, NOW);
  const own = await authority.server("online", NAMES, NOW);
  const server = createServer(own, (_, response) => response.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = (server.address() as AddressInfo).port;
  const names = NameMap.of([`::127.0.0.1:${port}`]);
  const url = (host: string): URL => new URL(`https://${host}/`);
  const trusting = new Dialler({ names, tls: { authorities: [authority.certificate] } });
  expect((await get(trusting, url("admin0a.online.lync.com"))).status).toBe(200);
  expect((await get(trusting, new URL(`https://127.0.0.1:${port}/`))).status).toBe(200);
  const codes = await Promise.all(
    [get(trusting, url("other.test")), get(new Dialler({ names }), url("localhost"))].map((p) =>
      p.then(
        () => "none",
        (e: unknown) => (isFault(e) ? e.code : "?"),
      ),
    ),
  );
  expect(codes).toEqual(["tls-name-mismatch", "tls-untrusted"]);
  server.close();
});

test("a second opening keeps root and certificate; a new name or a near end makes a new certificate", async () => {
  const first = await (await LabAuthority.open(folder, NOW)).server("online", NAMES, NOW);
  const again = await LabAuthority.open(folder, NOW);
  expect((await again.server("online", NAMES, NOW)).cert).toBe(first.cert);
  expect((await again.server("online", [...NAMES, "new.test"], NOW)).cert).not.toBe(first.cert);
  const later = await again.server("online", NAMES, NOW + 370 * 86_400_000);
  expect(Date.parse(new X509Certificate(later.cert).validTo)).toBeGreaterThan(NOW + 700 * 86_400_000);
  expect(statSync(join(folder, "lab-ca.key")).mode & 0o777).toBe(0o600);
});

test("a client certificate names its account by user principal name; a second start keeps it", async () => {
  const authority = await LabAuthority.open(folder, NOW);
  const made = await authority.client("admin@contoso.com", NOW);
  const leaf = new X509Certificate(made.cert);
  expect(certificateFacts(leaf.raw).principalNames).toEqual(["admin@contoso.com"]);
  // For signing in and nothing else (RFC 5280 4.2.1.12).
  expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(leaf.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  expect(statSync(join(folder, "admin@contoso.com.key")).mode & 0o777).toBe(0o600);
  expect((await (await LabAuthority.open(folder, NOW)).client("admin@contoso.com", NOW)).cert).toBe(made.cert);
});

test("damaged files are told", async () => {
  await LabAuthority.open(folder, NOW);
  writeFileSync(join(folder, "lab-ca.crt"), "nonsense");
  await expect(LabAuthority.open(folder, NOW)).rejects.toMatchObject({ code: "lab-certificates-damaged" });
});

test("lab passwords are stable, differ by account and by lab", () => {
  const one = LabSecrets.open(folder);
  expect(one.password("Admin@contoso.com")).toBe(LabSecrets.open(folder).password("admin@contoso.com"));
  expect(one.password("a@contoso.com")).not.toBe(one.password("b@contoso.com"));
  expect(one.password("a")).toMatch(/^T[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5}$/);
  expect(one.vaultKey).toHaveLength(32);
});
