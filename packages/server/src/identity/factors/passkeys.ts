/**
 * Passkeys (WebAuthn Level 3): resident keys that verify their user by themselves, so that one alone is two factors.
 *
 * The cryptography is @simplewebauthn/server's. The relying party is the host that the browser sees; a passkey is good for
 * that host alone, and is offered there alone. A signature counter that goes backwards (7.2 step 22) betrays a copy: it is refused.
 */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { Fault } from "@tieline/fault";
import type { JsonRecord } from "../../store/index.ts";
import { textIn, type FactorContext, type Owner } from "./factor-context.ts";
import type { Method, Methods } from "./methods.ts";

type RegistrationResponse = Parameters<typeof verifyRegistrationResponse>[0]["response"];
type AuthenticationResponse = Parameters<typeof verifyAuthenticationResponse>[0]["response"];

/** Where the browser is: `https://localhost:8443`. */
export interface RelyingParty {
  origin: string;
  /** The host without its port. */
  id: string;
  /** What the browser shows: the tenant's name. */
  name: string;
}

/** Options for the browser, as JSON, with the challenge in them. */
export interface PasskeyOptions {
  challenge: string;
  options: JsonRecord;
}

export class Passkeys {
  readonly #context: FactorContext;
  readonly #methods: Methods;

  constructor(context: FactorContext, methods: Methods) {
    this.#context = context;
    this.#methods = methods;
  }

  async registrationOptions(owner: Owner, party: RelyingParty): Promise<PasskeyOptions> {
    const known = (await this.#methods.list(owner)).filter((method) => isOf(method, party));
    const options = await generateRegistrationOptions({
      rpName: party.name,
      rpID: party.id,
      userName: owner.userPrincipalName,
      userDisplayName: owner.displayName,
      userID: new Uint8Array(Buffer.from(owner.accountId)),
      challenge: new Uint8Array(this.#context.sources.random(32)),
      attestationType: "none",
      excludeCredentials: known.map((method) => ({ id: textIn(method.data, "id") })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
    return { challenge: options.challenge, options: options as unknown as JsonRecord };
  }

  /** @throws Fault `passkey-refused`, `factor-limit` */
  async register(owner: Owner, party: RelyingParty, challenge: string, answer: unknown, name: string): Promise<Method> {
    const response = answer as RegistrationResponse;
    const verified = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
    }).catch((cause: unknown) => refuse(cause));
    if (!verified.verified) return refuse(undefined);
    const { credential } = verified.registrationInfo;
    return this.#methods.add(owner, {
      kind: "passkey",
      name,
      lookupKey: `passkey ${credential.id}`,
      counter: credential.counter,
      data: { id: credential.id, publicKey: Buffer.from(credential.publicKey).toString("base64url"), party: party.id },
    });
  }

  /** For a known account: its passkeys; else whichever the browser has for this host. */
  async authenticationOptions(party: RelyingParty, owner?: Owner): Promise<PasskeyOptions> {
    const known = owner === undefined ? [] : (await this.#methods.list(owner)).filter((method) => isOf(method, party));
    const options = await generateAuthenticationOptions({
      rpID: party.id,
      challenge: new Uint8Array(this.#context.sources.random(32)),
      userVerification: "required",
      ...(known.length === 0 ? {} : { allowCredentials: known.map((method) => ({ id: textIn(method.data, "id") })) }),
    });
    return { challenge: options.challenge, options: options as unknown as JsonRecord };
  }

  /**
   * The passkey that answered; whose it is, its row says.
   *
   * @throws Fault `passkey-refused`
   */
  async verify(party: RelyingParty, challenge: string, answer: unknown): Promise<Method> {
    const response = answer as AuthenticationResponse;
    const id = typeof response?.id === "string" ? response.id.slice(0, 2048) : "";
    const method = await this.#methods.find("passkey", `passkey ${id}`);
    if (method === undefined) throw new Fault("passkey-refused", { reason: "it is not registered here" });
    const verified = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id,
        publicKey: new Uint8Array(Buffer.from(textIn(method.data, "publicKey"), "base64url")),
        counter: method.counter,
      },
    }).catch((cause: unknown) => refuse(cause));
    if (!verified.verified) return refuse(undefined);
    // The counter is what it was when the passkey was read, or another answer of it was taken meanwhile.
    if (!(await this.#methods.used(method, verified.authenticationInfo.newCounter)))
      throw new Fault("passkey-refused", { reason: "it was used elsewhere at the same moment" });
    return method;
  }
}

function isOf(method: Method, party: Pick<RelyingParty, "id">): boolean {
  return method.kind === "passkey" && method.data["party"] === party.id;
}

function refuse(cause: unknown): never {
  const text = cause instanceof Error ? cause.message : "";
  const reason = /counter/i.test(text)
    ? "its counter went backwards, so there may be a copy of it"
    : /origin|RP ID/i.test(text)
      ? "it was made for another address"
      : /verif/i.test(text)
        ? "it did not verify who holds it"
        : "its answer does not fit the question";
  throw new Fault("passkey-refused", { reason }, { cause });
}
