/** Codes that arrive by text message or are read out in a call. */
import { Fault } from "@tieline/fault";
import type { Challenge, Challenges } from "./challenges.ts";
import { drawCode } from "./drawn.ts";
import type { FactorAccounts } from "./factor-accounts.ts";
import { isSame, textIn, type FactorContext, type Owner } from "./factor-context.ts";
import type { Method, Methods } from "./methods.ts";
import type { FactorTransport } from "./transport.ts";

export type PhoneWay = "text" | "call";

/** `+1 (425) 555-0123` as E.164, or undefined. */
function parsePhone(text: string): string | undefined {
  const plain = text.replace(/[\s().\-/]/g, "").replace(/^00/, "+");
  return /^\+[1-9]\d{6,14}$/.test(plain) ? plain : undefined;
}

/** What is shown of it: `+1 ••• ••23`. */
export function maskedPhone(phone: string): string {
  return `${phone.slice(0, 2)} ••• ••${phone.slice(-2)}`;
}

export class Phones {
  readonly #context: FactorContext;
  readonly #accounts: FactorAccounts;
  readonly #methods: Methods;
  readonly #challenges: Challenges;
  readonly #transport: FactorTransport | undefined;

  constructor(
    context: FactorContext,
    parts: { accounts: FactorAccounts; methods: Methods; challenges: Challenges; transport: FactorTransport | undefined },
  ) {
    this.#context = context;
    this.#accounts = parts.accounts;
    this.#methods = parts.methods;
    this.#challenges = parts.challenges;
    this.#transport = parts.transport;
  }

  /** Sends a code to a number that is to be registered. @throws Fault `factor-phone`, `factor-messages`, `factor-undelivered` */
  async begin(owner: Owner, typed: string, way: PhoneWay, issuer: string): Promise<Challenge> {
    const phone = parsePhone(typed);
    if (phone === undefined) throw new Fault("factor-phone", { phone: typed.slice(0, 40) });
    return this.#send(owner, phone, way, issuer, null);
  }

  /** Sends a code to a registered number. @throws Fault as `begin`, and `factor-not-found` */
  async ask(owner: Owner, methodId: string, way: PhoneWay, issuer: string): Promise<Challenge> {
    const method = await this.#methods.get(owner, methodId);
    if (method.kind !== "phone") throw new Fault("factor-not-found", { what: "telephone number" });
    return this.#send(owner, textIn(method.data, "phone"), way, issuer, methodId);
  }

  /** Registers the number of a challenge that `begin` sent. @throws Fault `factor-wrong`, `factor-lapsed`, `factor-locked`, `factor-limit` */
  async confirm(owner: Owner, challengeId: string, code: string): Promise<Method> {
    const challenge = await this.#judged(owner, challengeId, code);
    const phone = textIn(challenge.data, "phone");
    const known = (await this.#methods.list(owner)).find((each) => each.kind === "phone" && each.data["phone"] === phone);
    return known ?? this.#methods.add(owner, { kind: "phone", name: maskedPhone(phone), data: { phone } });
  }

  /** @throws Fault `factor-wrong`, `factor-lapsed`, `factor-locked` */
  async verify(owner: Owner, challengeId: string, code: string): Promise<Method> {
    const challenge = await this.#judged(owner, challengeId, code);
    const method = await this.#methods.get(owner, textIn(challenge.data, "method"));
    await this.#methods.used(method);
    return method;
  }

  async #judged(owner: Owner, challengeId: string, code: string): Promise<Challenge> {
    const challenge = await this.#challenges.get(challengeId, "message", owner);
    await this.#accounts.charge(owner);
    await this.#challenges.attempt(challenge);
    const typed = code.replace(/\s/g, "").slice(0, 16);
    if (!isSame(this.#context.vault.digest(`message ${challengeId}`, typed), challenge.secret ?? ""))
      throw new Fault("factor-wrong", { what: "the code is not the one that was sent last" });
    await this.#accounts.right(owner);
    if (!(await this.#challenges.spend(challenge))) throw new Fault("factor-lapsed");
    return challenge;
  }

  async #send(owner: Owner, phone: string, way: PhoneWay, issuer: string, method: string | null): Promise<Challenge> {
    const { vault, sources, limits } = this.#context;
    const transport = this.#transport;
    if (transport === undefined) throw new Fault("factor-not-allowed", { what: way });
    await this.#accounts.countMessage(owner);
    const code = drawCode(sources);
    const challengeId = this.#challenges.newId();
    const challenge = await this.#challenges.add(owner, {
      kind: "message",
      challengeId,
      secret: vault.digest(`message ${challengeId}`, code),
      data: { phone, way, method },
      lifeMs: limits.challengeMs,
    });
    const spoken = way === "call" ? (code.match(/./g) as string[]).join(" ") : code;
    const text = `${spoken} is your code to sign in to ${issuer}. Give it to nobody; it is good for ${Math.round(limits.challengeMs / 60_000)} minutes.`;
    try {
      await transport.send({ kind: way, to: phone, text });
    } catch (cause) {
      throw new Fault("factor-undelivered", { phone: maskedPhone(phone), reason: "the provider refused it" }, { cause });
    }
    return challenge;
  }
}
