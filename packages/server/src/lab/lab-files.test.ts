import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NameMap } from "@tieline/net";
import { readLab, writeLab } from "./lab-file.ts";
import { ADMIN_HOST, certificateNames, nameEntries, type Ports } from "./places.ts";
import { choosePorts } from "./ports.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tieline-lab-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("ports are kept from start to start; a taken one is replaced, a wished one is refused", async () => {
  const first = await choosePorts({});
  expect(new Set(Object.values(first)).size).toBe(6);
  expect(await choosePorts({ last: first })).toEqual(first);
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
  const port = (squatter.address() as AddressInfo).port;
  const next = await choosePorts({ last: { ...first, "online-https": port } });
  expect(next["online-https"]).not.toBe(port);
  expect(next["pool-http"]).toBe(first["pool-http"]);
  await expect(choosePorts({ fixed: { "online-https": port } })).rejects.toMatchObject({ code: "port-taken" });
  squatter.close();
});

test("what a lab says of itself survives a round; half a file is told", () => {
  expect(readLab(folder)).toBeUndefined();
  const lab = { ports: { "online-https": 40443 } as Partial<Ports>, names: ["a:1:127.0.0.1:2"], authority: "authority/lab-ca.crt" };
  writeLab(folder, lab);
  expect(readLab(folder)).toEqual(lab);
  writeFileSync(join(folder, "lab.json"), '{"version":1');
  expect(() => readLab(folder)).toThrow(expect.objectContaining({ code: "lab-file-damaged" }));
});

test("every name leads to its listener, and the certificate knows it", () => {
  const ports: Ports = { "online-https": 1, "online-http": 2, "online-ssh": 3, "pool-https": 4, "pool-http": 5, "lab-dns": 6 };
  const map = NameMap.of(nameEntries(ports));
  expect(map.find({ host: ADMIN_HOST, port: 443 })).toEqual({ host: "127.0.0.1", port: 1 });
  expect(map.find({ host: "lyncdiscover.fabrikam.com", port: 80 }).port).toBe(2);
  expect(map.find({ host: "pool01.contoso.local", port: 5985 }).port).toBe(5);
  expect(certificateNames("online")[0]).toBe(ADMIN_HOST);
  expect(certificateNames("online")).toContain("lyncdiscover.contoso.com");
});
