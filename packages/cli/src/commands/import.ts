/** `tieline import`: users from a CSV file into a tenant or the deployment of a pool, all or nothing. */
import { randomUUID } from "node:crypto";
import { Directory, fileBytes, importUsers as importInto, openStore } from "@tieline/server";
import { Fault } from "@tieline/fault";
import { PsObject } from "@tieline/remoting/objects";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { printerFor } from "../printer-for.ts";
import { placeOf, type PlaceWords } from "./service-place.ts";

interface ImportOptions extends CommonOptions, PlaceWords {
  tenant: string;
  whatIf?: boolean;
}

export async function importUsers(options: ImportOptions, around: Surroundings, file: string): Promise<number> {
  const nowMs = Date.now();
  const { site = "online", ...place } = placeOf(options, around.environment);
  await using store = await openStore({ ...place, name: site, nowMs });
  const directory = Directory.of(store);
  const tenant = (await directory.tenants.byDomain(options.tenant)) ?? (await deploymentOf(directory, options.tenant));
  if (tenant === undefined) {
    const known = (await directory.tenants.list()).map((t) => t.initialDomain).join(", ") || "none";
    throw new Fault("usage", { what: `No tenant has the domain ${options.tenant}.`, hint: `The tenants are: ${known}.` });
  }
  const { stderr } = around;
  const report = await importInto(directory, tenant.tenantId, fileBytes(file), {
    nowMs,
    newGuid: randomUUID,
    signal: around.signal,
    dryRun: options.whatIf === true,
    onProgress: (rows) => void (stderr.isTTY && stderr.write(`\r\u001b[K${rows} rows`)),
  });
  if (stderr.isTTY) stderr.write("\r\u001b[K");
  const printer = printerFor(options, around);
  await printer.add(
    PsObject.of({
      File: file,
      Tenant: tenant.displayName,
      Read: report.read,
      Added: report.added,
      Changed: report.changed,
      Kept: options.whatIf !== true,
      UnknownColumns: [...report.unknownColumns],
      ForeignDomains: [...report.foreignDomains],
    }),
  );
  await printer.end();
  return EXIT.ok;
}

/** SIP domains of a deployment are a tenant's as well: nobody is found by them alone. */
async function deploymentOf(directory: Directory, domain: string): ReturnType<Directory["tenants"]["byDomain"]> {
  for (const tenant of await directory.tenants.list()) {
    const domains = tenant.kind === "pool" ? await directory.tenant(tenant.tenantId).domains.list() : [];
    if (domains.some(({ name }) => name.toLowerCase() === domain.toLowerCase())) return tenant;
  }
  return undefined;
}
