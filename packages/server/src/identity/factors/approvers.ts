/**
 * Approval with number matching: a phone whose browser was set up as an approver shows the requests that wait; whoever signs
 * in reads a two-digit number from the screen and types it there. A wrong number ends the request, so that nobody can
 * be worn down by requests, nor guess one in ninety twice.
 */
import { Fault } from "@tieline/fault";
import type { Challenge, Challenges } from "./challenges.ts";
import { drawNumber, drawSecret } from "./drawn.ts";
import type { FactorAccounts } from "./factor-accounts.ts";
import { isSame, textIn, type FactorContext, type Owner } from "./factor-context.ts";
import type { Method, Methods } from "./methods.ts";

/** What the phone shows of a request. */
export interface ApprovalDetails {
  application: string;
  address: string;
  browser: string;
}

export interface ApprovalRequest extends ApprovalDetails {
  challengeId: string;
  createdMs: number;
}

export class Approvers {
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

  /** The secret of the link that the phone opens. The challenge's id is its hash, so the database does not hold it. */
  async beginEnrolment(owner: Owner): Promise<{ challengeId: string; secret: string }> {
    const secret = drawSecret(this.#context.sources);
    const challengeId = this.#context.vault.digest("approver enrolment", secret);
    await this.#challenges.add(owner, {
      kind: "enrolment",
      challengeId,
      data: { what: "approver", user: owner.userPrincipalName, secret: this.#context.vault.seal(`link ${challengeId}`, secret) },
      lifeMs: this.#context.limits.enrolmentMs,
    });
    return { challengeId, secret };
  }

  /** The link once more, for the page that is shown again; undefined when the phone has used it. */
  async enrolmentShown(owner: Owner, challengeId: string): Promise<string | undefined> {
    const challenge = await this.#challenges.get(challengeId, "enrolment", owner);
    if (challenge.state !== "waiting") return undefined;
    return this.#context.vault.open(`link ${challengeId}`, textIn(challenge.data, "secret"));
  }

  /** Whose phone the link makes an approver. @throws Fault `factor-lapsed` */
  async enrolment(secret: string): Promise<Challenge> {
    const challenge = await this.#challenges.get(this.#context.vault.digest("approver enrolment", secret.slice(0, 128)), "enrolment");
    if (challenge.state !== "waiting") throw new Fault("factor-lapsed");
    return challenge;
  }

  /** Makes this browser an approver and hands out the secret of its cookie. @throws Fault `factor-lapsed`, `factor-limit` */
  async enrol(owner: Owner, link: string, name: string): Promise<{ method: Method; secret: string }> {
    const challenge = await this.enrolment(link);
    if (challenge.accountId !== owner.accountId) throw new Fault("factor-lapsed");
    if (!(await this.#challenges.end(challenge, "done"))) throw new Fault("factor-lapsed");
    const secret = drawSecret(this.#context.sources);
    const method = await this.#methods.add(owner, { kind: "approver", name, lookupKey: this.#context.vault.digest("approver", secret) });
    return { method, secret };
  }

  /** The approver that a cookie's secret makes a browser. */
  async byCookie(secret: string): Promise<Method | undefined> {
    return secret === "" ? undefined : this.#methods.find("approver", this.#context.vault.digest("approver", secret.slice(0, 128)));
  }

  /** Sends a request to the account's approvers; the number is for the screen. */
  async ask(owner: Owner, details: ApprovalDetails): Promise<{ challengeId: string; number: string }> {
    const { vault, sources, limits } = this.#context;
    await this.#accounts.countMessage(owner);
    const number = drawNumber(sources);
    const challengeId = this.#challenges.newId();
    // One request at a time: who begins anew does not leave another behind that a phone could answer.
    for (const other of await this.#challenges.waiting(owner, "approval")) await this.#challenges.end(other, "refused");
    await this.#challenges.add(owner, {
      kind: "approval",
      challengeId,
      secret: vault.seal(`approval ${challengeId}`, number),
      data: { ...details },
      lifeMs: limits.challengeMs,
    });
    return { challengeId, number };
  }

  /** The number, for the screen that is shown again; and how the request stands. @throws Fault `factor-lapsed` */
  async shown(owner: Owner, challengeId: string): Promise<{ number: string; state: Challenge["state"] }> {
    const challenge = await this.#challenges.get(challengeId, "approval", owner);
    return { number: this.#number(challenge), state: challenge.state };
  }

  /** The requests that wait for this phone. */
  async pending(approver: Method): Promise<ApprovalRequest[]> {
    const waiting = await this.#challenges.waiting(ownerOf(approver), "approval");
    return waiting.map(({ challengeId, createdMs, data }) => ({
      challengeId,
      createdMs,
      application: textIn(data, "application"),
      address: textIn(data, "address"),
      browser: textIn(data, "browser"),
    }));
  }

  /**
   * The phone's answer. A wrong number ends the request and counts as a wrong answer of the account.
   *
   * @throws Fault `factor-lapsed`, `factor-locked`, `factor-denied`
   */
  async approve(approver: Method, challengeId: string, number: string): Promise<void> {
    const owner = ownerOf(approver);
    const challenge = await this.#challenges.get(challengeId, "approval", owner);
    await this.#accounts.charge(owner);
    await this.#challenges.attempt(challenge);
    const isRight = isSame(number.trim().slice(0, 8).padEnd(8), this.#number(challenge).padEnd(8));
    if (!(await this.#challenges.end(challenge, isRight ? "done" : "refused"))) throw new Fault("factor-lapsed");
    if (!isRight) throw new Fault("factor-denied");
    await this.#accounts.right(owner);
    await this.#methods.used(approver);
  }

  /** "It was not me." */
  async deny(approver: Method, challengeId: string): Promise<void> {
    await this.#challenges.end(await this.#challenges.get(challengeId, "approval", ownerOf(approver)), "refused");
  }

  /** Spends an approval for the sign-in that asked. True where it was approved; false while it waits. @throws Fault `factor-denied`, `factor-lapsed` */
  async collect(owner: Owner, challengeId: string): Promise<boolean> {
    const challenge = await this.#challenges.get(challengeId, "approval", owner);
    if (challenge.state === "waiting") return false;
    if (!(await this.#challenges.spend(challenge))) throw new Fault("factor-lapsed");
    if (challenge.state === "refused") throw new Fault("factor-denied");
    return true;
  }

  #number(challenge: Challenge): string {
    return this.#context.vault.open(`approval ${challenge.challengeId}`, challenge.secret ?? "");
  }
}

/** An approver knows its account by id alone; names are not needed there. */
function ownerOf(approver: Method): Owner {
  const { tenantId, accountId } = approver;
  return { tenantId, accountId, userPrincipalName: "", displayName: "" } as Owner;
}
