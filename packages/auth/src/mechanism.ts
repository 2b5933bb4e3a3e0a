/**
 * What every security mechanism is to the rest of the house: an exchange of tokens between an initiator and an
 * acceptor that ends in an identity and, for some, in a security context (RFC 2743 1.1, without its credentials and
 * names). Tokens are the mechanism's own bytes; base64 and HTTP headers are `http/`'s business.
 *
 * Nothing here opens a socket or asks the clock: random bytes and the time come in through `Sources`, accounts through
 * the ports of each acceptor.
 */

/** The mechanisms by the names under which a policy permits them. */
export type MechanismName = "basic" | "bearer" | "ntlm" | "kerberos" | "certificate";

/** Who the acceptor found at the other end. */
export interface Identity {
  /** The account as the acceptor's port named it: a user principal name where there is one. */
  readonly name: string;
  /** NetBIOS or DNS domain or Kerberos realm, where the mechanism tells it. */
  readonly domain?: string;
  readonly mechanism: MechanismName;
  /** True for mechanisms that are off unless the deployment switched them on: NTLM, and Basic with a password. */
  readonly legacy: boolean;
  /** The caller's own record of the account, as its port returned it. */
  readonly account?: unknown;
}

/**
 * The end that wants in.
 *
 * `step()` without a token begins; each token of the acceptor goes into the next step; what a step returns is to be
 * sent. `done` after a step means that nothing more is expected; a token may still be on its way out then.
 *
 * @example
 * ```ts
 * let token = await initiator.step();
 * while (token !== undefined) {
 *   const answer = await acceptor.step(token);
 *   token = initiator.done || answer.token === undefined ? undefined : await initiator.step(answer.token);
 * }
 * ```
 */
export interface Initiator {
  readonly mechanism: MechanismName | "negotiate";
  readonly done: boolean;
  /** @throws Fault `token-malformed`, `token-unexpected`, `downgrade-refused`, and the mechanism's own */
  step(token?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Signs and seals once `done`; undefined before, and for mechanisms that cannot (Basic, Bearer). */
  context(): SecurityContext | undefined;
}

/** What an acceptor made of a token. */
export interface AcceptorStep {
  /** To be sent to the initiator, also when done. */
  readonly token?: Uint8Array;
  readonly done: boolean;
  /** Present exactly when done. */
  readonly identity?: Identity;
}

/** The end that lets in. A refusal is a thrown Fault; after one, the acceptor is spent. */
export interface Acceptor {
  /** @throws Fault `logon-failed`, `anonymous-refused`, `downgrade-refused`, `channel-binding-mismatch`, `token-malformed` ... */
  step(token: Uint8Array): AcceptorStep | Promise<AcceptorStep>;
  context(): SecurityContext | undefined;
  /** After a refusal: a token that tells the initiator why, where the mechanism has one (Kerberos: its clock is wrong). */
  readonly lastWords?: Uint8Array | undefined;
}

/** A sealed message: WS-Management sends the two halves apart ([MS-WSMV] 2.2.9.1). */
export interface Sealed {
  /** NTLM: the 16 bytes of signature. Kerberos: the RFC 4121 token's head with everything that is not payload. */
  readonly header: Uint8Array;
  /** The payload, encrypted. As long as the plaintext plus `padding`. */
  readonly body: Uint8Array;
  /** Bytes that the mechanism appended to the plaintext; the "Length" that WS-Management announces counts them. */
  readonly padding: number;
}

/**
 * Message protection after a logon. Messages are numbered in each direction: they must be unwrapped in the order in
 * which they were wrapped. A message that does not verify throws `message-integrity` and leaves the context unusable.
 */
export interface SecurityContext {
  readonly mechanism: "ntlm" | "kerberos";
  wrap(plaintext: Uint8Array): Sealed;
  unwrap(header: Uint8Array, body: Uint8Array): Uint8Array;
  sign(message: Uint8Array): Uint8Array;
  verify(message: Uint8Array, signature: Uint8Array): void;
  /** As `sign`, for SPNEGO's list of mechanisms: NTLM puts its key stream back afterwards ([MS-SPNG] 3.3.5.1). */
  signMechanismList?(list: Uint8Array): Uint8Array;
  verifyMechanismList?(list: Uint8Array, signature: Uint8Array): void;
  /** Frees what the system holds for the context (Kerberos); the context is unusable afterwards. */
  close?(): void;
}
