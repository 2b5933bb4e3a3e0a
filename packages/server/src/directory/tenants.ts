/** The tenants of the service, or the one deployment of a pool: what is looked up before anybody's tenant is known. */
import { Fault } from "@tieline/fault";
import { isDuplicate, recordFromJson, toJson, type JsonRecord, type Queries, type TenantsTable } from "../store/index.ts";
import { key, parseGuid, tenantId, type TenantId } from "./ids.ts";

export interface Tenant {
  tenantId: TenantId;
  /** `online` for a tenant of the service, `pool` for an on-premises deployment. */
  kind: "online" | "pool";
  /** Short name; of a deployment its Active Directory domain, contoso.local. */
  name: string;
  displayName: string;
  initialDomain: string;
  netbiosName: string | null;
  forest: string;
  registrarPool: string;
  /** False where connecting with remote PowerShell is switched off for the tenant. */
  remotePowerShell: boolean;
  properties: JsonRecord;
  createdMs: number;
  changedMs: number;
}

export interface Domain {
  name: string;
  verified: boolean;
  isDefault: boolean;
  /** Enabled for SIP: Get-CsOnlineSipDomain's status. */
  sip: boolean;
}

export class Tenants {
  readonly #db: Queries;
  constructor(db: Queries) {
    this.#db = db;
  }

  /** @throws Fault `directory-duplicate` */
  async add(tenant: Tenant): Promise<void> {
    try {
      await this.#db.insertInto("tenants").values(toRow(tenant)).execute();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new Fault("directory-duplicate", { kind: "tenant", property: "id", value: tenant.tenantId }, { cause: error });
    }
  }

  async list(): Promise<Tenant[]> {
    const rows = await this.#db.selectFrom("tenants").selectAll().orderBy("name").orderBy("tenant_id").execute();
    return rows.map(fromRow);
  }

  async byId(id: TenantId): Promise<Tenant | undefined> {
    const row = await this.#db.selectFrom("tenants").selectAll().where("tenant_id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** By any of its domains, the initial one, or its id: what `AdminDomain` may hold. */
  async byDomain(domain: string, kind: Tenant["kind"] = "online"): Promise<Tenant | undefined> {
    const guid = parseGuid(domain);
    if (guid !== undefined) {
      const tenant = await this.byId(tenantId(guid));
      return tenant?.kind === kind ? tenant : undefined;
    }
    const row = await this.#db
      .selectFrom("tenants")
      .innerJoin("domains", "domains.tenant_id", "tenants.tenant_id")
      .selectAll("tenants")
      .where("domains.kind", "=", kind)
      .where("domains.name_key", "=", key(domain))
      .where("domains.verified", "=", 1)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  async byNetbiosName(name: string): Promise<Tenant | undefined> {
    const row = await this.#db.selectFrom("tenants").selectAll().where("netbios_name", "=", name.toUpperCase()).executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** @throws Fault `directory-duplicate` where another tenant of the same kind has the domain */
  async addDomain(tenant: Pick<Tenant, "tenantId" | "kind">, domain: Domain, nowMs: number): Promise<void> {
    const row = {
      tenant_id: tenant.tenantId,
      kind: tenant.kind,
      name: domain.name,
      name_key: key(domain.name),
      verified: domain.verified ? (1 as const) : (0 as const),
      is_default: domain.isDefault ? (1 as const) : (0 as const),
      sip: domain.sip ? (1 as const) : (0 as const),
      created_ms: nowMs,
    };
    try {
      await this.#db.insertInto("domains").values(row).execute();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new Fault("directory-duplicate", { kind: "domain", property: "name", value: domain.name }, { cause: error });
    }
  }

  async setRemotePowerShell(tenant: TenantId, allowed: boolean, nowMs: number): Promise<void> {
    await this.#db
      .updateTable("tenants")
      .set({ remote_powershell: allowed ? 1 : 0, changed_ms: nowMs })
      .where("tenant_id", "=", tenant)
      .execute();
  }
}

function toRow(tenant: Tenant): TenantsTable {
  return {
    tenant_id: tenant.tenantId,
    kind: tenant.kind,
    name: tenant.name,
    display_name: tenant.displayName,
    initial_domain: tenant.initialDomain,
    netbios_name: tenant.netbiosName?.toUpperCase() ?? null,
    forest: tenant.forest,
    registrar_pool: tenant.registrarPool,
    remote_powershell: tenant.remotePowerShell ? 1 : 0,
    properties: toJson(tenant.properties),
    created_ms: tenant.createdMs,
    changed_ms: tenant.changedMs,
  };
}

function fromRow(row: TenantsTable): Tenant {
  return {
    tenantId: row.tenant_id as TenantId,
    kind: row.kind,
    name: row.name,
    displayName: row.display_name,
    initialDomain: row.initial_domain,
    netbiosName: row.netbios_name,
    forest: row.forest,
    registrarPool: row.registrar_pool,
    remotePowerShell: row.remote_powershell === 1,
    properties: recordFromJson(row.properties, "tenants.properties"),
    createdMs: row.created_ms,
    changedMs: row.changed_ms,
  };
}
