/**
 * Who calls the hosted migration service: an administrator's access token for its address, or, to settle what was begun,
 * the ticket that such a sign-in was given. A ticket opens nothing else, and outlives the token, so that a move that was
 * left in the middle of the night can be ended in the morning.
 */
import { Fault } from "@tieline/fault";
import { tenantId, type Tenant, type TenantId } from "../../directory/index.ts";
import { judgeAccessToken, type IdentityService } from "../../identity/index.ts";
import { SERVICE_PATH } from "./contract.ts";

export interface Caller {
  tenant: Tenant;
  /** For the journal. */
  name: string;
}

/** One of these by itself, or all of a row. As founding document 000 has it: the licences of users are looked at. */
const SUFFICIENT: readonly (readonly string[])[] = [
  ["Global Administrator"],
  ["Skype for Business Administrator", "User Administrator"],
  ["Teams Administrator", "User Administrator"],
];

export function mayMoveUsers(roles: readonly string[]): boolean {
  return SUFFICIENT.some((row) => row.every((role) => roles.includes(role)));
}

const TICKET_PURPOSE = "hosted migration ticket";
const TICKET_DAYS = 365;
const DAY_MS = 24 * 60 * 60_000;
/**
 * A run makes hundreds of requests a second with one token: what it was found to be holds so long, and no longer than the
 * account's sessions. Another process on the same database does not hear of those; hence so short.
 */
const REMEMBERED_MS = 1_000;
const MOST_REMEMBERED = 1000;

export class Callers {
  readonly #identity: IdentityService;
  readonly #target: string;
  readonly #remembered = new Map<string, { caller: Caller; account: string; atMs: number }>();

  constructor(identity: IdentityService) {
    this.#identity = identity;
    this.#target = `https://${identity.options.endpointHosts[0] ?? ""}${SERVICE_PATH}`;
    identity.whenSessionsEnd((account) => {
      for (const [name, known] of this.#remembered) if (known.account === account) this.#remembered.delete(name);
    });
  }

  get #nowMs(): number {
    return this.#identity.options.sources.nowMs();
  }

  /** @throws Fault `access-token-refused`, `token-audience-invalid`, `modern-sign-in-off`, `hosted-migration-caller` */
  async byToken(token: string): Promise<Caller> {
    const name = this.#identity.vault.digest("hosted migration caller", token);
    const known = this.#remembered.get(name);
    const now = this.#nowMs;
    // Not from a clock that has been put back since.
    if (known !== undefined && known.atMs <= now && now < known.atMs + REMEMBERED_MS) return known.caller;
    const holder = await judgeAccessToken(this.#identity, token, this.#target);
    const tenant = await this.#tenant(holder.tenantId, "access-token-refused");
    if ((await this.#identity.settings(tenant.tenantId).get()).modernOverride === "Disallowed")
      throw new Fault("modern-sign-in-off", { tenant: tenant.displayName });
    const [account, user, roles] =
      holder.kind === "person"
        ? [holder.account.accountId, holder.account.userPrincipalName, holder.account.roles]
        : [holder.appId, holder.application.displayName, holder.application.roles];
    if (!mayMoveUsers(roles)) throw new Fault("hosted-migration-caller", { user });
    const caller = { tenant, name: user };
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(name, { caller, account, atMs: now });
    return caller;
  }

  /** A ticket for the caller's tenant. */
  ticketFor({ tenant, name }: Caller, deployment: string): string {
    const expiresMs = this.#nowMs + TICKET_DAYS * DAY_MS;
    return this.#identity.vault.seal(TICKET_PURPOSE, JSON.stringify({ tenantId: tenant.tenantId, name, deployment, expiresMs }));
  }

  /** @throws Fault `hosted-ticket-refused` */
  async byTicket(ticket: string): Promise<Caller> {
    let said: { tenantId: string; name: string; expiresMs: number };
    try {
      said = JSON.parse(this.#identity.vault.open(TICKET_PURPOSE, ticket)) as typeof said;
    } catch (cause) {
      throw new Fault("hosted-ticket-refused", { reason: "it is none of this service" }, { cause });
    }
    if (said.expiresMs < this.#nowMs) throw new Fault("hosted-ticket-refused", { reason: "it has expired" });
    return { tenant: await this.#tenant(tenantId(said.tenantId), "hosted-ticket-refused"), name: said.name };
  }

  async #tenant(id: TenantId, refusal: "access-token-refused" | "hosted-ticket-refused"): Promise<Tenant> {
    const tenant = await this.#identity.options.directory.tenants.byId(id);
    return tenant ?? Promise.reject(new Fault(refusal, { reason: "its tenant is not known here" }));
  }
}
