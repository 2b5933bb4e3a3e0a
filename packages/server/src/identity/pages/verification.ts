/** A second factor, from the choice of the way to its proof. */
import { Fault } from "@tieline/fault";
import type { Account } from "../../directory/index.ts";
import { VERIFICATION_METHODS, type VerificationMethod } from "../factors/index.ts";
import type { FlowState } from "./flows.ts";
import type { PageContext } from "./page-context.ts";
import { parsedAnswer } from "./registration.ts";
import type { Visitor } from "./visitor.ts";

export interface VerificationFacts {
  context: PageContext;
  visitor: Visitor;
  account: Account;
  /** The organization's name. */
  issuer: string;
  /** What the person signs in to, for the phone's page. */
  application: string;
}

export interface Way {
  way: string;
  methodId: string;
}

/** What is offered first: the preferred method, else the strongest; a recovery code where there is nothing else. */
export async function firstWay(context: PageContext, account: Account): Promise<Way> {
  const [first] = await context.factors.offers(account);
  return first ?? { way: "recovery", methodId: "" };
}

/** Begins a way: asks the phone, sends the message. @throws Fault `factor-not-found`, `factor-messages`, `factor-undelivered` */
export async function enterWay(facts: VerificationFacts, { way, methodId }: Way): Promise<Partial<FlowState>> {
  const { context, account, visitor, issuer, application } = facts;
  if (way === "recovery") return { way };
  const known = VERIFICATION_METHODS.find((each) => each === way);
  const offers = await context.factors.offers(account);
  if (known === undefined || !offers.some((offer) => offer.way === known && offer.methodId === methodId)) {
    throw new Fault("factor-not-found", { what: "method" });
  }
  if (known === "text" || known === "call") {
    const challenge = await context.factors.phones.ask(account, methodId, known, issuer);
    return { way: known, methodId, challengeId: challenge.challengeId };
  }
  if (known === "notification") {
    const details = { application, address: visitor.address, browser: visitor.browserName };
    return { way: known, methodId, challengeId: (await context.factors.approvers.ask(account, details)).challengeId };
  }
  return { way: known, methodId };
}

/** RFC 8176; `mfa` beside each. */
const AMR: Readonly<Record<VerificationMethod | "recovery", readonly string[]>> = {
  passkey: ["fido", "mfa"],
  notification: ["swk", "mfa"],
  code: ["otp", "mfa"],
  text: ["sms", "mfa"],
  call: ["tel", "mfa"],
  recovery: ["kba", "mfa"],
};

/**
 * The proof in a form.
 *
 * @returns what it adds to `amr`; undefined while an approval still waits
 * @throws Fault `factor-wrong`, `factor-locked`, `factor-lapsed`, `factor-denied`, `passkey-refused`
 */
export async function verifyFactor(
  facts: VerificationFacts,
  state: FlowState,
  action: string,
  fields: URLSearchParams,
): Promise<readonly string[] | undefined> {
  const { context, visitor, account, issuer } = facts;
  const { factors } = context;
  const { way } = state;
  const code = (fields.get("code") ?? "").slice(0, 64);
  if (way === undefined || action !== (way === "passkey" ? "passkey" : "verify")) {
    throw new Fault("page-input", { reason: "it fits no step of this page" });
  }
  if (way === "code") await factors.tokens.verify(account, code);
  else if (way === "recovery") await factors.recoveryCodes.verify(account, code);
  else if (way === "text" || way === "call") await factors.phones.verify(account, state.challengeId ?? "", code);
  else if (way === "notification") {
    if (!(await factors.approvers.collect(account, state.challengeId ?? ""))) return undefined;
  } else {
    const method = await factors.passkeys.verify(visitor.party(issuer), state.question ?? "", parsedAnswer(fields));
    if (method.accountId !== account.accountId) throw new Fault("passkey-refused", { reason: "it is another account's" });
  }
  return AMR[way];
}
