/** Authenticator apps and hardware tokens: registered by showing that they know the key, asked for a code afterwards. */
import { Fault } from "@tieline/fault";
import { fromBase32, toBase32 } from "./base32.ts";
import type { Challenges } from "./challenges.ts";
import type { FactorAccounts } from "./factor-accounts.ts";
import { textIn, type FactorContext, type Owner } from "./factor-context.ts";
import type { Method, Methods } from "./methods.ts";
import { matchTotp, TOTP_KEY_LENGTH, totpUri, type TotpPeriod, type TotpSecret } from "./totp.ts";

export interface PendingToken {
  challengeId: string;
  /** To be typed where no camera is at hand, in groups of four. */
  typedKey: string;
  /** For the QR code. */
  uri: string;
}

/** Keys of hardware tokens may be shorter than ours, but not guessable (RFC 4226 4, R6: 128 bits at least). */
const SHORTEST_KEY = 16;
const LONGEST_KEY = 64;

export class Tokens {
  readonly #context: FactorContext;
  readonly #accounts: FactorAccounts;
  readonly #methods: Methods;
  readonly #challenges: Challenges;

  constructor(context: FactorContext, parts: { accounts: FactorAccounts; methods: Methods; challenges: Challenges }) {
    this.#context = context;
    this.#accounts = parts.accounts;
    this.#methods = parts.methods;
    this.#challenges = parts.challenges;
  }

  /** A fresh key, not yet registered. */
  async begin(owner: Owner, issuer: string): Promise<PendingToken> {
    const { vault, sources, limits } = this.#context;
    const secret: TotpSecret = { key: sources.random(TOTP_KEY_LENGTH), periodSeconds: 30 };
    const challengeId = this.#challenges.newId();
    await this.#challenges.add(owner, {
      kind: "enrolment",
      challengeId,
      secret: vault.seal(sealOwner(challengeId), toBase32(secret.key)),
      data: { what: "totp", issuer },
      lifeMs: limits.enrolmentMs,
    });
    return pending(challengeId, secret, issuer, owner);
  }

  /** The same once more, for the page that is shown again. @throws Fault `factor-lapsed` */
  async shown(owner: Owner, challengeId: string): Promise<PendingToken> {
    const challenge = await this.#challenges.get(challengeId, "enrolment", owner);
    const key = this.#open(challengeId, challenge.secret);
    return pending(challengeId, { key, periodSeconds: 30 }, textIn(challenge.data, "issuer"), owner);
  }

  /** @throws Fault `factor-lapsed`, `factor-wrong`, `factor-locked`, `factor-limit` */
  async confirm(owner: Owner, challengeId: string, code: string, name: string): Promise<Method> {
    const challenge = await this.#challenges.get(challengeId, "enrolment", owner);
    await this.#accounts.charge(owner);
    const key = this.#open(challengeId, challenge.secret);
    const step = matchTotp({ key, periodSeconds: 30 }, code, { lastStep: 0, nowMs: this.#context.sources.nowMs() });
    if (step === undefined) throw new Fault("factor-wrong", { what: "the code is not the one that the app shows now" });
    await this.#accounts.right(owner);
    if (!(await this.#challenges.spend(challenge))) throw new Fault("factor-lapsed");
    return this.#add(owner, { key, periodSeconds: 30 }, name, step);
  }

  /** A token whose key is known already: a hardware token's, as its maker lists it in base32. @throws Fault `factor-wrong` */
  async addHardware(owner: Owner, base32: string, periodSeconds: TotpPeriod, name: string): Promise<Method> {
    const key = fromBase32(base32.slice(0, 256));
    if (key === undefined || key.length < SHORTEST_KEY || key.length > LONGEST_KEY)
      throw new Fault("factor-wrong", { what: `a key has ${SHORTEST_KEY} to ${LONGEST_KEY} bytes in base32` });
    return this.#add(owner, { key, periodSeconds }, name, 0);
  }

  async #add(owner: Owner, secret: TotpSecret, name: string, lastStep: number): Promise<Method> {
    return this.#methods.add(owner, {
      kind: "totp",
      name,
      secretSealed: this.#context.vault.seal(sealOwner(owner.accountId), toBase32(secret.key)),
      data: { period: secret.periodSeconds },
      counter: lastStep,
    });
  }

  /** The method whose code it is. @throws Fault `factor-wrong`, `factor-locked` */
  async verify(owner: Owner, code: string): Promise<Method> {
    await this.#accounts.charge(owner);
    const nowMs = this.#context.sources.nowMs();
    for (const method of await this.#methods.list(owner)) {
      if (method.kind !== "totp" || method.secretSealed === null) continue;
      const periodSeconds: TotpPeriod = method.data["period"] === 60 ? 60 : 30;
      const key = this.#open(owner.accountId, method.secretSealed);
      const step = matchTotp({ key, periodSeconds }, code, { lastStep: method.counter, nowMs });
      if (step === undefined || !(await this.#methods.used(method, step))) continue;
      await this.#accounts.right(owner);
      return method;
    }
    throw new Fault("factor-wrong", { what: "the code is wrong, or it was used before" });
  }

  #open(id: string, sealed: string | null): Uint8Array {
    return fromBase32(this.#context.vault.open(sealOwner(id), sealed ?? "")) ?? new Uint8Array();
  }
}

function sealOwner(id: string): string {
  return `totp ${id}`;
}

function pending(challengeId: string, secret: TotpSecret, issuer: string, owner: Owner): PendingToken {
  return {
    challengeId,
    typedKey: (toBase32(secret.key).match(/.{1,4}/g) as string[]).join(" "),
    uri: totpUri(secret, issuer, owner.userPrincipalName),
  };
}
