/**
 * The server of Negotiate: SPNEGO (RFC 4178, [MS-SPNG]), and without it raw NTLM and raw Kerberos tokens, which
 * Windows accepts in the same header.
 *
 *     begin --init, our choice is theirs--> inner mechanism runs --its end--> done
 *     begin --init, our choice is another--> "request-mic", inner mechanism begins anew --its end--> list signed --> done
 *
 * Where the first choice of the initiator was not taken, its signature over the list (mechListMIC) is due; where it
 * comes unasked, it is checked and answered with ours.
 */
import { Fault } from "@tieline/fault";
import type { Acceptor, AcceptorStep, Identity, MechanismName, SecurityContext } from "../mechanism.ts";
import { isNtlm } from "../ntlm/messages.ts";
import { signList, verifyList } from "./list-signature.ts";
import {
  decodeNegotiateToken,
  encodeResponse,
  initialTokenMechanism,
  KERBEROS_OID,
  MS_KERBEROS_OID,
  NEG_STATE,
  NTLM_OID,
  SPNEGO_OID,
  type NegTokenInit,
  type NegTokenResp,
} from "./tokens.ts";

/** A mechanism that may be negotiated. */
export interface NegotiableAcceptor {
  readonly mechanism: MechanismName;
  readonly oids: readonly string[];
  readonly begin: () => Acceptor;
}

const NAMES: Readonly<Record<string, string>> = { [NTLM_OID]: "NTLM", [KERBEROS_OID]: "Kerberos", [MS_KERBEROS_OID]: "Kerberos" };

export class NegotiateAcceptor implements Acceptor {
  readonly #offered: readonly NegotiableAcceptor[];
  #inner: Acceptor | undefined;
  /** Undefined until begun; `raw` where tokens come without SPNEGO. */
  #form: "raw" | "spnego" | undefined;
  #oid = "";
  #list = new Uint8Array() as Uint8Array;
  #micOwed = false;
  #micVerified = false;
  #micSent = false;
  #named = false;
  #identity: Identity | undefined;
  #spent = false;

  /** @param offered what the policy permits; which of it is taken, the initiator's order decides */
  constructor(offered: readonly NegotiableAcceptor[]) {
    this.#offered = offered;
  }

  context(): SecurityContext | undefined {
    return this.#inner?.context();
  }

  get lastWords(): Uint8Array | undefined {
    const token = this.#inner?.lastWords;
    if (token === undefined || this.#form !== "spnego") return token;
    return encodeResponse({ state: NEG_STATE.REJECT, mechanism: this.#oid, token });
  }

  async step(token: Uint8Array): Promise<AcceptorStep> {
    if (this.#spent) throw unexpected("a message after the last");
    try {
      const step = await this.#step(token);
      this.#spent = step.done;
      return step;
    } catch (error) {
      this.#spent = true;
      throw error;
    }
  }

  async #step(token: Uint8Array): Promise<AcceptorStep> {
    if (this.#form === undefined) {
      const raw = isNtlm(token) ? NTLM_OID : initialTokenMechanism(token);
      if (raw !== undefined && raw !== SPNEGO_OID) {
        this.#form = "raw";
        this.#inner = this.#take([raw]).offer.begin();
        return this.#inner.step(token);
      }
      this.#form = "spnego";
      const message = decodeNegotiateToken(token);
      if (message.kind !== "init") throw unexpected("an answer where the first message was due");
      return this.#begin(message);
    }
    if (this.#form === "raw") return (this.#inner as Acceptor).step(token);
    const message = decodeNegotiateToken(token);
    if (message.kind !== "response") throw unexpected("a second first message");
    return this.#continue(message);
  }

  /** The first of the initiator's mechanisms that we offer. */
  #take(oids: readonly string[]): { offer: NegotiableAcceptor; oid: string } {
    for (const oid of oids) {
      const offer = this.#offered.find((each) => each.oids.includes(oid));
      if (offer !== undefined) return { offer, oid };
    }
    throw new Fault("mechanism-off", {
      mechanism: [...new Set(oids.map((oid) => NAMES[oid] ?? oid))].slice(0, 4).join(", "),
      offered: this.#offered.map((each) => each.mechanism).join(", ") || "none inside Negotiate",
    });
  }

  async #begin(message: NegTokenInit): Promise<AcceptorStep> {
    const { offer, oid } = this.#take(message.mechanisms);
    this.#oid = oid;
    this.#list = message.mechanismList;
    this.#inner = offer.begin();
    // Kerberos under its other identifier is still their first choice, and their token is of it.
    const first = offer.oids.includes(message.mechanisms[0] ?? "");
    this.#micOwed = !first;
    if (!first || message.token === undefined) {
      this.#named = true;
      return {
        token: encodeResponse({ state: first ? NEG_STATE.ACCEPT_INCOMPLETE : NEG_STATE.REQUEST_MIC, mechanism: oid }),
        done: false,
      };
    }
    return this.#run(message.token, message.mic);
  }

  async #continue(message: NegTokenResp): Promise<AcceptorStep> {
    if (message.state === NEG_STATE.REJECT) throw unexpected("the client gave up");
    if (this.#identity !== undefined) {
      // The mechanism is done; only the initiator's signature was missing.
      if (message.mic === undefined) throw unsigned();
      this.#verify(message.mic);
      return { token: encodeResponse({ state: NEG_STATE.ACCEPT_COMPLETED, ...this.#ownMic() }), done: true, identity: this.#identity };
    }
    if (message.token === undefined) throw unexpected("an answer without a token");
    return this.#run(message.token, message.mic);
  }

  async #run(token: Uint8Array, mic: Uint8Array | undefined): Promise<AcceptorStep> {
    const inner = this.#inner as Acceptor;
    const step = await inner.step(token);
    const mechanism = this.#named ? {} : { mechanism: this.#oid };
    this.#named = true;
    const out = step.token === undefined ? {} : { token: step.token };
    if (!step.done) {
      return { token: encodeResponse({ state: NEG_STATE.ACCEPT_INCOMPLETE, ...mechanism, ...out }), done: false };
    }
    if (step.identity === undefined) throw unexpected("a logon without an identity");
    this.#identity = step.identity;
    if (mic !== undefined) this.#verify(mic);
    if (this.#micOwed && !this.#micVerified) {
      // Without a last token of ours the initiator was done before us, and should have signed.
      if (step.token === undefined || inner.context() === undefined) throw unsigned();
      return { token: encodeResponse({ state: NEG_STATE.ACCEPT_INCOMPLETE, ...mechanism, ...out, ...this.#ownMic() }), done: false };
    }
    const own = this.#micVerified ? this.#ownMic() : {};
    return {
      token: encodeResponse({ state: NEG_STATE.ACCEPT_COMPLETED, ...mechanism, ...out, ...own }),
      done: true,
      identity: step.identity,
    };
  }

  #verify(mic: Uint8Array): void {
    const context = this.#inner?.context();
    if (context === undefined) throw unexpected("a signature without a key");
    verifyList(context, this.#list, mic);
    this.#micVerified = true;
  }

  #ownMic(): { mic?: Uint8Array } {
    const context = this.#inner?.context();
    if (context === undefined || this.#micSent) return {};
    this.#micSent = true;
    return { mic: signList(context, this.#list) };
  }
}

function unexpected(what: string): Fault {
  return new Fault("token-unexpected", { mechanism: "Negotiate", what });
}

function unsigned(): Fault {
  return new Fault("downgrade-refused", { mechanism: "Negotiate", what: "the client did not sign the list of mechanisms" });
}
