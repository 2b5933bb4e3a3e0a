/**
 * The applications of one tenant: who may ask for tokens, how each shows that it is itself, which administrative roles it
 * has of its own (so that scripts run unattended), and what people consented to.
 */
import { createPublicKey, randomUUID, X509Certificate } from "node:crypto";
import type { JWK } from "jose";
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { findRole, type TenantId } from "../directory/index.ts";
import { isDuplicate, textsFromJson, toJson, within, type ApplicationsTable, type Queries } from "../store/index.ts";
import type { Vault } from "./vault.ts";

/** The program of an administrator's own machine; the retired connector's id, which scripts and other clients know. */
export const PUBLIC_CLIENT_ID = "1950a258-227b-4e31-a9cf-717495945fc2";

/** Secrets that come from elsewhere: with fewer characters they might be guessed from a stolen copy of the database and its key. */
export const MIN_GIVEN_SECRET = 32;

export interface Application {
  tenantId: TenantId;
  /** GUID, lower case. */
  appId: string;
  displayName: string;
  /** It can keep no secret: signs people in, and never itself. */
  isPublic: boolean;
  /** Whole addresses; `http://localhost` and `http://127.0.0.1` stand for any port and path of theirs. */
  redirectUris: readonly string[];
  enabled: boolean;
  /** Administrative roles of the application itself. */
  roles: readonly string[];
}

export interface NewApplication {
  appId?: string;
  displayName: string;
  isPublic?: boolean;
  redirectUris?: readonly string[];
  roles?: readonly string[];
}

/** Tokens of an issuer elsewhere that stand for the application: workload identity. */
export interface FederatedCredential {
  issuer: string;
  subject: string;
  audience: string;
  /** The issuer's keys, or where they are read. */
  keys?: readonly JWK[];
  jwksUri?: string;
}

interface CredentialFacts {
  credentialId: string;
  hint: string;
  fromMs: number;
  untilMs: number;
}

export type ApplicationCredential = CredentialFacts &
  (
    | { kind: "secret"; digest: string }
    | { kind: "certificate"; certificate: X509Certificate }
    | { kind: "federated"; federated: FederatedCredential }
  );

/** Every tenant has it, and everybody consented: it only asks for tokens to this service's own endpoint. */
function builtIn(tenantId: TenantId): Application {
  return {
    tenantId,
    appId: PUBLIC_CLIENT_ID,
    displayName: "Tieline PowerShell",
    isPublic: true,
    redirectUris: ["http://localhost", "http://127.0.0.1", "urn:ietf:wg:oauth:2.0:oob"],
    enabled: true,
    roles: [],
  };
}

export class Applications {
  readonly #db: Queries;
  readonly #vault: Vault;
  readonly #sources: Sources;
  readonly #tenant: TenantId;
  constructor(db: Queries, vault: Vault, sources: Sources, tenant: TenantId) {
    this.#db = db;
    this.#vault = vault;
    this.#sources = sources;
    this.#tenant = tenant;
  }

  async find(appId: string): Promise<Application | undefined> {
    const id = appId.toLowerCase();
    if (id === PUBLIC_CLIENT_ID) return builtIn(this.#tenant);
    const row = await this.#db
      .selectFrom("applications")
      .where("tenant_id", "=", this.#tenant)
      .selectAll()
      .where("app_id", "=", id)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const roles = await this.#db
      .selectFrom("application_roles")
      .where("tenant_id", "=", this.#tenant)
      .select("role")
      .where("app_id", "=", id)
      .orderBy("role")
      .execute();
    return fromRow(
      row,
      roles.map((each) => each.role),
    );
  }

  async list(): Promise<Application[]> {
    const rows = await this.#db
      .selectFrom("applications")
      .where("tenant_id", "=", this.#tenant)
      .selectAll()
      .orderBy("display_name")
      .orderBy("app_id")
      .execute();
    const roles = await this.#db
      .selectFrom("application_roles")
      .where("tenant_id", "=", this.#tenant)
      .selectAll()
      .orderBy("role")
      .execute();
    return rows.map((row) =>
      fromRow(
        row,
        roles.filter((each) => each.app_id === row.app_id).map((each) => each.role),
      ),
    );
  }

  /** Its id. @throws Fault `directory-duplicate`; TypeError for a role that is not in the table */
  async add(application: NewApplication): Promise<string> {
    const appId = (application.appId ?? randomUUID()).toLowerCase();
    const now = this.#sources.nowMs();
    try {
      await within(this.#db, async (trx) => {
        await trx
          .insertInto("applications")
          .values({
            tenant_id: this.#tenant,
            app_id: appId,
            display_name: application.displayName,
            is_public: application.isPublic === true ? 1 : 0,
            redirect_uris: toJson([...(application.redirectUris ?? [])]),
            enabled: 1,
            created_ms: now,
            changed_ms: now,
          })
          .execute();
        await this.#assign(trx, appId, application.roles ?? []);
      });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new Fault("directory-duplicate", { kind: "application", property: "id", value: appId }, { cause: error });
    }
    return appId;
  }

  /** With its credentials and consents. */
  async remove(appId: string): Promise<void> {
    await within(this.#db, async (trx) => {
      await trx.deleteFrom("consents").where("tenant_id", "=", this.#tenant).where("app_id", "=", appId).execute();
      await trx.deleteFrom("applications").where("tenant_id", "=", this.#tenant).where("app_id", "=", appId).execute();
    });
  }

  async setDisplayName(appId: string, displayName: string): Promise<void> {
    await this.#change(appId, { display_name: displayName });
  }

  async setEnabled(appId: string, enabled: boolean): Promise<void> {
    await this.#change(appId, { enabled: enabled ? 1 : 0 });
  }

  async #change(appId: string, columns: Partial<ApplicationsTable>): Promise<void> {
    await this.#db
      .updateTable("applications")
      .set({ ...columns, changed_ms: this.#sources.nowMs() })
      .where("tenant_id", "=", this.#tenant)
      .where("app_id", "=", appId)
      .execute();
  }

  /** Replaces the application's own roles. */
  async setRoles(appId: string, roles: readonly string[]): Promise<void> {
    await within(this.#db, async (trx) => {
      await trx.deleteFrom("application_roles").where("tenant_id", "=", this.#tenant).where("app_id", "=", appId).execute();
      await this.#assign(trx, appId, roles);
    });
  }

  /**
   * Makes a secret; this is the only time that it is seen.
   *
   * @param given one that was made elsewhere, as hard to guess as ours: 32 characters at least
   */
  async addSecret(appId: string, untilMs: number, fromMs?: number, given?: string): Promise<{ credentialId: string; secret: string }> {
    if (given !== undefined && given.length < MIN_GIVEN_SECRET) throw new TypeError("the secret is too short");
    const secret = given ?? Buffer.from(this.#sources.random(30)).toString("base64url");
    const digest = this.secretDigest(appId, secret);
    return { credentialId: await this.#addCredential(appId, "secret", digest, secret.slice(0, 3), untilMs, fromMs), secret };
  }

  /** @param certificate PEM or DER, without its key; its own dates limit it too */
  async addCertificate(appId: string, given: string | Uint8Array, dates: { fromMs?: number; untilMs?: number } = {}): Promise<string> {
    const certificate = new X509Certificate(given);
    return this.#addCredential(
      appId,
      "certificate",
      certificate.toString(),
      certificate.fingerprint.replaceAll(":", ""),
      Math.min(certificate.validToDate.getTime(), dates.untilMs ?? Infinity),
      Math.max(certificate.validFromDate.getTime(), dates.fromMs ?? 0),
    );
  }

  async addFederatedCredential(appId: string, federated: FederatedCredential): Promise<string> {
    for (const key of federated.keys ?? []) createPublicKey({ key, format: "jwk" });
    const value = JSON.stringify(federated);
    return this.#addCredential(appId, "federated", value, federated.subject, Number.MAX_SAFE_INTEGER);
  }

  /** True if it was there. */
  async removeCredential(appId: string, credentialId: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom("application_credentials")
      .where("tenant_id", "=", this.#tenant)
      .where("app_id", "=", appId)
      .where("credential_id", "=", credentialId)
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  async credentials(appId: string): Promise<ApplicationCredential[]> {
    const rows = await this.#db
      .selectFrom("application_credentials")
      .where("tenant_id", "=", this.#tenant)
      .selectAll()
      .where("app_id", "=", appId)
      .orderBy("credential_id")
      .execute();
    return rows.map((row) => {
      const facts = { credentialId: row.credential_id, hint: row.hint, fromMs: row.from_ms, untilMs: row.until_ms };
      if (row.kind === "secret") return { ...facts, kind: row.kind, digest: row.value };
      if (row.kind === "certificate") return { ...facts, kind: row.kind, certificate: new X509Certificate(row.value) };
      return { ...facts, kind: row.kind, federated: JSON.parse(row.value) as FederatedCredential };
    });
  }

  /** What of a secret is kept: secrets are 240 random bits, so that a keyed digest is enough. */
  secretDigest(appId: string, secret: string): string {
    return this.#vault.digest(`application secret ${this.#tenant} ${appId}`, secret);
  }

  /** `account` undefined: on behalf of the whole tenant. */
  async consent(appId: string, resource: string, account?: string): Promise<void> {
    await this.#db
      .insertInto("consents")
      .values({
        tenant_id: this.#tenant,
        app_id: appId,
        account_id: account ?? "",
        resource: resource.toLowerCase(),
        given_ms: this.#sources.nowMs(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** True where the account, or the tenant for everybody, lets the application act on the resource. */
  async hasConsent(appId: string, resource: string, account: string): Promise<boolean> {
    if (appId === PUBLIC_CLIENT_ID) return true;
    const row = await this.#db
      .selectFrom("consents")
      .where("tenant_id", "=", this.#tenant)
      .select("app_id")
      .where("app_id", "=", appId)
      .where("resource", "=", resource.toLowerCase())
      .where("account_id", "in", ["", account])
      .executeTakeFirst();
    return row !== undefined;
  }

  async withdrawConsent(appId: string, account?: string): Promise<void> {
    await this.#db
      .deleteFrom("consents")
      .where("tenant_id", "=", this.#tenant)
      .where("app_id", "=", appId)
      .where("account_id", "=", account ?? "")
      .execute();
  }

  async #addCredential(
    appId: string,
    kind: ApplicationCredential["kind"],
    value: string,
    hint: string,
    untilMs: number,
    fromMs?: number,
  ): Promise<string> {
    const credentialId = randomUUID();
    const now = this.#sources.nowMs();
    await this.#db
      .insertInto("application_credentials")
      .values({
        tenant_id: this.#tenant,
        app_id: appId,
        credential_id: credentialId,
        kind,
        value,
        hint,
        from_ms: fromMs ?? now,
        until_ms: untilMs,
        created_ms: now,
      })
      .execute();
    return credentialId;
  }

  async #assign(trx: Queries, appId: string, roles: readonly string[]): Promise<void> {
    const names = new Set(
      roles.map((name) => {
        const role = findRole(name);
        if (role === undefined) throw new TypeError(`no such role: ${name}`);
        return role.name;
      }),
    );
    if (names.size === 0) return;
    await trx
      .insertInto("application_roles")
      .values([...names].map((role) => ({ tenant_id: this.#tenant, app_id: appId, role })))
      .execute();
  }
}

function fromRow(row: ApplicationsTable, roles: readonly string[]): Application {
  return {
    tenantId: row.tenant_id as TenantId,
    appId: row.app_id,
    displayName: row.display_name,
    isPublic: row.is_public === 1,
    redirectUris: textsFromJson(row.redirect_uris, "applications.redirect_uris"),
    enabled: row.enabled === 1,
    roles,
  };
}
