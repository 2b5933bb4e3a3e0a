/**
 * The client of Negotiate: SPNEGO (RFC 4178, [MS-SPNG]) around the mechanisms that the caller permits, the preferred
 * one first and optimistically begun.
 *
 * The list of mechanisms travels unprotected in the first token; afterwards both ends sign it (mechListMIC). We sign
 * whenever the mechanism can, and insist on the acceptor's signature whenever it did not take our first choice or the
 * list had more than one entry and we signed: nobody on the way can take Kerberos off the list unnoticed.
 */
import { Fault, isFault } from "@tieline/fault";
import type { Initiator, MechanismName, SecurityContext } from "../mechanism.ts";
import { signList, verifyList } from "./list-signature.ts";
import {
  decodeNegotiateToken,
  encodeInit,
  encodeMechanismList,
  encodeResponse,
  KERBEROS_OID,
  MS_KERBEROS_OID,
  NEG_STATE,
} from "./tokens.ts";

/** A mechanism that may be negotiated. */
export interface NegotiableInitiator {
  /** Its object identifiers, the preferred first; Kerberos has two. */
  readonly oids: readonly string[];
  readonly begin: () => Initiator;
}

interface Candidate {
  oids: readonly string[];
  initiator: Initiator;
}

export class NegotiateInitiator implements Initiator {
  readonly #offered: readonly NegotiableInitiator[];
  readonly #candidates: Candidate[] = [];
  #chosen: Candidate | undefined;
  #list = new Uint8Array() as Uint8Array;
  #oids: readonly string[] = [];
  #preferred = true;
  #begun = false;
  #answered = false;
  #micRequested = false;
  #micSent = false;
  #micVerified = false;
  #done = false;

  /** @param offered in the order of preference; one that is not available on this machine (`kerberos-unavailable`) is left out */
  constructor(offered: readonly NegotiableInitiator[]) {
    this.#offered = offered;
  }

  get mechanism(): MechanismName | "negotiate" {
    return this.#done && this.#chosen !== undefined ? this.#chosen.initiator.mechanism : "negotiate";
  }

  get done(): boolean {
    return this.#done;
  }

  context(): SecurityContext | undefined {
    return this.#done ? this.#chosen?.initiator.context() : undefined;
  }

  async step(token?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#done) throw unexpected("a message after the last");
    if (!this.#begun) {
      if (token !== undefined) throw unexpected("an answer before the first message");
      this.#begun = true;
      return this.#begin();
    }
    if (token === undefined) throw unexpected("no answer");
    return this.#receive(token);
  }

  /**
   * The acceptor let us in without a last token, as some do that never sign. Stands for "completed" without a signature.
   *
   * @throws Fault `downgrade-refused` where the mechanism is not done, or a signature is owed
   */
  conclude(): void {
    if (this.#done) return;
    if (this.#chosen === undefined) throw unexpected("no answer");
    this.#finish();
  }

  async #begin(): Promise<Uint8Array> {
    let first: Uint8Array | undefined;
    let reason: unknown;
    for (const { oids, begin } of this.#offered) {
      try {
        const initiator = begin();
        // Only the first that works is begun; the others wait until the acceptor asks for them.
        if (this.#candidates.length === 0) first = await initiator.step();
        this.#candidates.push({ oids, initiator });
      } catch (error) {
        if (!isFault(error) || !UNAVAILABLE.has(error.code)) throw error;
        reason = error;
      }
    }
    if (this.#candidates.length === 0) {
      if (reason !== undefined) throw reason;
      throw new Fault("no-common-mechanism", { offered: "Negotiate", permitted: "no mechanism for it" });
    }
    this.#oids = this.#candidates.flatMap((candidate) => candidate.oids);
    this.#list = encodeMechanismList(this.#oids);
    return encodeInit({ mechanisms: this.#oids, token: first });
  }

  async #receive(token: Uint8Array): Promise<Uint8Array | undefined> {
    const message = decodeNegotiateToken(token);
    if (message.kind !== "response") throw unexpected("a first message where an answer was due");
    if (message.state === NEG_STATE.REJECT) {
      // The mechanism may have said why; then its own fault is the better one.
      const begun = this.#chosen ?? this.#candidates[0];
      if (message.token !== undefined && begun?.initiator.done === false) await begun.initiator.step(message.token);
      throw new Fault("no-common-mechanism", { offered: "other mechanisms inside Negotiate", permitted: this.#oids.join(", ") });
    }
    const restarted = this.#choose(message.mechanism);
    if (message.state === NEG_STATE.REQUEST_MIC) this.#micRequested = true;
    const chosen = this.#chosen as Candidate;

    let answer: Uint8Array | undefined;
    if (restarted) {
      answer = await chosen.initiator.step();
    } else if (message.token !== undefined) {
      if (chosen.initiator.done) throw unexpected("a token after the mechanism's last");
      answer = await chosen.initiator.step(message.token);
    }

    const context = chosen.initiator.done ? chosen.initiator.context() : undefined;
    if (message.mic !== undefined) {
      if (context === undefined) throw unexpected("a signature before there is a key");
      verifyList(context, this.#list, message.mic);
      this.#micVerified = true;
    }
    const completed = message.state === NEG_STATE.ACCEPT_COMPLETED;
    let mic: Uint8Array | undefined;
    if (context !== undefined && !this.#micSent && (!completed || this.#micVerified || this.#micRequested)) {
      mic = signList(context, this.#list);
      this.#micSent = true;
    }
    if (completed) this.#finish();
    if (answer === undefined && mic === undefined) {
      if (!completed) throw unexpected("an answer that leads nowhere");
      return undefined;
    }
    return encodeResponse({
      ...(answer === undefined ? {} : { token: answer }),
      ...(mic === undefined ? {} : { mic }),
      ...(this.#done && mic !== undefined ? { state: NEG_STATE.ACCEPT_COMPLETED } : {}),
    });
  }

  /** The acceptor's choice, from its first answer. True where that is not the one we began with. */
  #choose(oid: string | undefined): boolean {
    const first = this.#candidates[0] as Candidate;
    if (this.#answered) {
      if (oid !== undefined && !this.#chosen?.oids.some((own) => sameMechanism(own, oid)))
        throw unexpected("another mechanism than before");
      return false;
    }
    this.#answered = true;
    // Old acceptors leave the name out when they take the first.
    this.#chosen = oid === undefined ? first : this.#candidates.find(({ oids }) => oids.some((own) => sameMechanism(own, oid)));
    if (this.#chosen === undefined) {
      throw new Fault("downgrade-refused", { mechanism: "Negotiate", what: "the service chose a mechanism that was not offered" });
    }
    this.#preferred = this.#chosen === first;
    return !this.#preferred;
  }

  #finish(): void {
    const { initiator } = this.#chosen as Candidate;
    if (!initiator.done)
      throw new Fault("downgrade-refused", { mechanism: "Negotiate", what: "the service was done before the logon was" });
    const owed = !this.#preferred || this.#micRequested || (this.#micSent && this.#candidates.length > 1);
    if (owed && !this.#micVerified) {
      throw new Fault("downgrade-refused", { mechanism: "Negotiate", what: "the service did not sign the list of mechanisms" });
    }
    this.#done = true;
  }
}

/** Faults that mean "not on this machine, not for this target": the next mechanism is tried. */
const UNAVAILABLE: ReadonlySet<string> = new Set(["kerberos-unavailable", "kerberos-failed"]);

function sameMechanism(a: string, b: string): boolean {
  const plain = (oid: string): string => (oid === MS_KERBEROS_OID ? KERBEROS_OID : oid);
  return plain(a) === plain(b);
}

function unexpected(what: string): Fault {
  return new Fault("token-unexpected", { mechanism: "Negotiate", what });
}
