/**
 * The keys that sign a tenant's tokens (RSA 2048, RS256), and how they roll over:
 *
 *     made, published            announceMs before its first signature, so that whoever caches keys knows it by then
 *     signing                    lifeMs long
 *     published, no longer signs keepMs long, until the last token that it signed is dead
 *     gone
 *
 * Private keys are sealed under the site's key. Several processes on one store see each other's keys within `freshMs`.
 */
import { createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { Sources } from "@tieline/auth";
import type { TenantId } from "../directory/index.ts";
import { fromJson, type Json, toJson, type Queries } from "../store/index.ts";
import type { Vault } from "./vault.ts";

export interface RollOver {
  lifeMs: number;
  announceMs: number;
  keepMs: number;
  /** How long this process trusts what it read. */
  freshMs: number;
}

const HOUR_MS = 60 * 60_000;
export const DEFAULT_ROLL_OVER: RollOver = { lifeMs: 90 * 24 * HOUR_MS, announceMs: 24 * HOUR_MS, keepMs: 24 * HOUR_MS, freshMs: 30_000 };

export interface PublishedKey {
  kid: string;
  jwk: JWK;
  key: KeyObject;
  activeFromMs: number;
}

export interface ActiveKey extends PublishedKey {
  /** Never logged, never answered. */
  privateJwk: JWK;
}

export interface SigningKeysOptions {
  db: Queries;
  vault: Vault;
  sources: Sources;
  rollOver?: Partial<RollOver>;
}

interface Known {
  readMs: number;
  keys: (PublishedKey & { sealed: string })[];
}

const pair = promisify(generateKeyPair);

export class SigningKeys {
  readonly #options: SigningKeysOptions;
  readonly #rule: RollOver;
  readonly #known = new Map<TenantId, Promise<Known>>();

  constructor(options: SigningKeysOptions) {
    this.#options = options;
    this.#rule = { ...DEFAULT_ROLL_OVER, ...options.rollOver };
  }

  /** What anybody may know: keys that sign, will sign, or signed what may still be alive. */
  async published(tenant: TenantId): Promise<readonly PublishedKey[]> {
    return (await this.#read(tenant)).keys;
  }

  /** Makes none: the tenant may be one that a stranger has thought of, and a key costs a tenth of a second. */
  async find(tenant: TenantId, kid: string): Promise<PublishedKey | undefined> {
    if (!this.#known.has(tenant) && (await this.#rows(tenant)).length === 0) return undefined;
    return (await this.published(tenant)).find((key) => key.kid === kid);
  }

  async active(tenant: TenantId): Promise<ActiveKey> {
    const { keys } = await this.#read(tenant);
    // After reading, which may just have made the first; and that one signs at once, whatever another process's clock says.
    const now = this.#options.sources.nowMs();
    const found = keys.filter((key) => key.activeFromMs <= now).at(-1) ?? keys[0];
    if (found === undefined) throw new Error("a tenant without a key that signs");
    const text = this.#options.vault.open(purpose(tenant, found.kid), found.sealed);
    return { ...found, privateJwk: JSON.parse(text) as JWK };
  }

  /** Makes the next key now; it signs when it has been announced long enough. */
  async roll(tenant: TenantId): Promise<void> {
    await this.#make(tenant, this.#options.sources.nowMs() + this.#rule.announceMs);
    this.#known.delete(tenant);
  }

  #read(tenant: TenantId): Promise<Known> {
    const now = this.#options.sources.nowMs();
    const reading = (this.#known.get(tenant) ?? this.#renew(tenant)).then((known) =>
      now - known.readMs > this.#rule.freshMs || now < known.readMs ? this.#renew(tenant) : known,
    );
    this.#known.set(tenant, reading);
    reading.catch(() => this.#known.delete(tenant));
    return reading;
  }

  async #renew(tenant: TenantId): Promise<Known> {
    const now = this.#options.sources.nowMs();
    let keys = await this.#rows(tenant);
    if (keys.length === 0) {
      await this.#make(tenant, now);
      keys = await this.#rows(tenant);
    }
    const last = keys.at(-1);
    if (last !== undefined && last.activeFromMs + this.#rule.lifeMs - this.#rule.announceMs <= now) {
      await this.#make(tenant, Math.max(last.activeFromMs + this.#rule.lifeMs, now + this.#rule.announceMs));
      keys = await this.#rows(tenant);
    }
    const dead = keys.filter((_, i) => (keys[i + 1]?.activeFromMs ?? Infinity) + this.#rule.keepMs < now).map((key) => key.kid);
    if (dead.length > 0) {
      await this.#options.db.deleteFrom("signing_keys").where("tenant_id", "=", tenant).where("kid", "in", dead).execute();
    }
    return { readMs: now, keys: keys.filter((key) => !dead.includes(key.kid)) };
  }

  async #rows(tenant: TenantId): Promise<Known["keys"]> {
    const rows = await this.#options.db
      .selectFrom("signing_keys")
      .selectAll()
      .where("tenant_id", "=", tenant)
      .orderBy("active_from_ms")
      .orderBy("kid")
      .execute();
    return rows.map((row) => {
      const jwk = fromJson(row.public_jwk, "signing_keys.public_jwk") as JWK;
      const key = createPublicKey({ key: jwk, format: "jwk" });
      return { kid: row.kid, jwk, key, activeFromMs: row.active_from_ms, sealed: row.private_sealed };
    });
  }

  async #make(tenant: TenantId, activeFromMs: number): Promise<void> {
    const { publicKey, privateKey } = await pair("rsa", { modulusLength: 2048 });
    const { kty, n, e } = publicKey.export({ format: "jwk" });
    const kid = await calculateJwkThumbprint({ kty, n, e } as { kty: string; n: string; e: string });
    const jwk = { kty, use: "sig", alg: "RS256", kid, n, e };
    const secret = JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" });
    await this.#options.db
      .insertInto("signing_keys")
      .values({
        tenant_id: tenant,
        kid,
        public_jwk: toJson(jwk as unknown as Json),
        private_sealed: this.#options.vault.seal(purpose(tenant, kid), secret),
        created_ms: this.#options.sources.nowMs(),
        active_from_ms: activeFromMs,
      })
      .execute();
  }
}

function purpose(tenant: TenantId, kid: string): string {
  return `signing key ${tenant} ${kid}`;
}
