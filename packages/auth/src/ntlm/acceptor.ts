/**
 * The server of NTLM ([MS-NLMP] 3.2.5): CHALLENGE in answer to NEGOTIATE, then the verdict on AUTHENTICATE.
 *
 *     begin --NEGOTIATE--> CHALLENGE sent --AUTHENTICATE--> done, or a Fault
 *
 * Refused, in this order: what is malformed, the anonymous and the empty, LM and NTLMv1, a wrong answer (an unknown
 * account is worked through with a made-up hash, so that both take the same way), a missing or wrong MIC, a wrong
 * channel binding. Because our CHALLENGE always bears a time stamp, a MIC is always due.
 */
import { Fault } from "@tieline/fault";
import { Rc4 } from "../cipher/rc4.ts";
import { channelBindingHash, type ChannelBindingPolicy } from "../channel-binding.ts";
import type { Acceptor, AcceptorStep, SecurityContext } from "../mechanism.ts";
import { equalInConstantTime, showable } from "../octets.ts";
import { draw, type Sources } from "../sources.ts";
import { has, NEGOTIATE } from "./flags.ts";
import {
  decodeAuthenticate,
  decodeNegotiate,
  encodeChallenge,
  withoutMic,
  type AuthenticateMessage,
  type ChallengeMessage,
} from "./messages.ts";
import { hmacMd5, proof, responseKey, sessionBaseKey } from "./response.ts";
import { NtlmSecurityContext } from "./session-security.ts";
import { AV, AV_FLAG_MIC, avFlags, decodeTargetInfo, encodeTargetInfo, fileTime, findPair, textPair, type AvPair } from "./target-info.ts";

/** An account that may use NTLM. */
export interface NtlmAccount {
  /** 16 bytes; see `ntHash` and `NtHashVault`. */
  readonly ntHash: Uint8Array;
  readonly name: string;
  readonly domain?: string;
  readonly account?: unknown;
}

/** Names of the server, as `targetInfo` tells them; each may be left out. */
export interface NtlmServerNames {
  readonly netbiosDomain?: string;
  readonly netbiosComputer?: string;
  readonly dnsDomain?: string;
  readonly dnsComputer?: string;
}

export interface NtlmAcceptorOptions {
  readonly sources: Sources;
  /**
   * The account behind a name, or undefined where there is none that may use NTLM. Called with the names as the client
   * wrote them (`alice` and `CONTOSO`, or `alice@contoso.com` and an empty domain), before the answer is judged; it may
   * throw a Fault (`account-locked`) to refuse.
   */
  readonly lookup: (user: string, domain: string) => Promise<NtlmAccount | undefined> | NtlmAccount | undefined;
  readonly names?: NtlmServerNames;
  /** Application data of this connection's binding, or undefined where it has none (plain http, unknown certificate). */
  readonly channelBinding?: Uint8Array | undefined;
  /**
   * Must the client's last message carry a MIC? Default true, and every client that a time stamp is given should send
   * one; gss-ntlmssp and Samba do so only where SPNEGO is around it. One that is there is checked always.
   */
  readonly requireMic?: boolean;
  /** Default `when-present`. Holds only where `channelBinding` is known. */
  readonly channelBindingPolicy?: ChannelBindingPolicy;
}

const UNDERSTOOD =
  NEGOTIATE.SIGN |
  NEGOTIATE.SEAL |
  NEGOTIATE.ALWAYS_SIGN |
  NEGOTIATE.EXTENDED_SESSION_SECURITY |
  NEGOTIATE.VERSION |
  NEGOTIATE.KEY_128 |
  NEGOTIATE.KEY_EXCHANGE |
  NEGOTIATE.KEY_56;
/**
 * Said whether the client asked or not: names are told, and in Unicode. REQUEST_TARGET beside it matters to
 * python-ntlm-auth, which takes the OEM flag away by subtraction and loses SIGN where neither of the two is set.
 */
const ALWAYS = NEGOTIATE.UNICODE | NEGOTIATE.REQUEST_TARGET | NEGOTIATE.NTLM | NEGOTIATE.TARGET_INFO;

/** NTLMv1's response has this length; NTLMv2's is never shorter than 16 (proof) + 28 (fixed part) + 4 (end of the pairs). */
const NTLM_V1_LENGTH = 24;
const NTLM_V2_MINIMUM = 48;
const BLOB_PAIRS_OFFSET = 28;
const NO_MIC = new Uint8Array();

export class NtlmAcceptor implements Acceptor {
  readonly #options: NtlmAcceptorOptions;
  #negotiate: Uint8Array | undefined;
  #challenge: { bytes: Uint8Array; message: ChallengeMessage } | undefined;
  #spent = false;
  #context: NtlmSecurityContext | undefined;

  constructor(options: NtlmAcceptorOptions) {
    this.#options = options;
  }

  context(): SecurityContext | undefined {
    return this.#context;
  }

  async step(token: Uint8Array): Promise<AcceptorStep> {
    if (this.#spent) throw new Fault("token-unexpected", { mechanism: "NTLM", what: "a message after the last" });
    if (this.#negotiate === undefined || this.#challenge === undefined) {
      this.#negotiate = token.slice();
      this.#challenge = this.#challengeFor(decodeNegotiate(token).flags);
      return { token: this.#challenge.bytes, done: false };
    }
    // Whatever comes of it: an answer is judged once, so that nobody tries a second one on the same challenge.
    this.#spent = true;
    return this.#judge(token, this.#negotiate, this.#challenge);
  }

  #challengeFor(clientFlags: number): { bytes: Uint8Array; message: ChallengeMessage } {
    if (!has(clientFlags, NEGOTIATE.EXTENDED_SESSION_SECURITY)) {
      throw new Fault("downgrade-refused", { mechanism: "NTLM", what: "the client leaves out extended session security" });
    }
    const { sources, names = {} } = this.#options;
    const pairs: AvPair[] = [
      ...(names.netbiosDomain === undefined ? [] : [textPair(AV.NB_DOMAIN_NAME, names.netbiosDomain)]),
      ...(names.netbiosComputer === undefined ? [] : [textPair(AV.NB_COMPUTER_NAME, names.netbiosComputer)]),
      ...(names.dnsDomain === undefined ? [] : [textPair(AV.DNS_DOMAIN_NAME, names.dnsDomain)]),
      ...(names.dnsComputer === undefined ? [] : [textPair(AV.DNS_COMPUTER_NAME, names.dnsComputer)]),
      { id: AV.TIMESTAMP, value: fileTime(sources.nowMs()) },
    ];
    const inDomain = names.netbiosDomain !== undefined;
    const message: ChallengeMessage = {
      flags: ((clientFlags & UNDERSTOOD) | ALWAYS | (inDomain ? NEGOTIATE.TARGET_TYPE_DOMAIN : NEGOTIATE.TARGET_TYPE_SERVER)) >>> 0,
      serverChallenge: draw(sources, 8),
      targetName: names.netbiosDomain ?? names.netbiosComputer ?? "",
      targetInfo: encodeTargetInfo(pairs),
    };
    return { bytes: encodeChallenge(message), message };
  }

  async #judge(
    token: Uint8Array,
    negotiate: Uint8Array,
    challenge: { bytes: Uint8Array; message: ChallengeMessage },
  ): Promise<AcceptorStep> {
    const answer = decodeAuthenticate(token);
    refuseAnonymous(answer);
    refuseOldResponses(answer);
    const flags = (answer.flags & challenge.message.flags) >>> 0;
    refuseWeakFlags(flags);

    const { sources, lookup } = this.#options;
    const found = await lookup(answer.user, answer.domain);
    const key = responseKey(found?.ntHash ?? draw(sources, 16), answer.user, answer.domain);
    const given = answer.ntResponse.subarray(0, 16);
    const blob = answer.ntResponse.subarray(16);
    const right = equalInConstantTime(proof(key, challenge.message.serverChallenge, blob), given);
    if (!right || found === undefined) throw new Fault("logon-failed", { user: claimedName(answer) });

    const baseKey = sessionBaseKey(key, given);
    const protects = has(flags, NEGOTIATE.SIGN | NEGOTIATE.SEAL);
    const keyExchange = has(flags, NEGOTIATE.KEY_EXCHANGE) && protects;
    if (keyExchange && answer.encryptedSessionKey.length !== 16) {
      throw new Fault("token-malformed", { mechanism: "NTLM", what: "a session key of a wrong length" });
    }
    const exportedKey = keyExchange ? new Rc4(baseKey).update(answer.encryptedSessionKey) : baseKey;

    const pairs = decodeTargetInfo(blob.subarray(BLOB_PAIRS_OFFSET));
    if (!has(avFlags(pairs), AV_FLAG_MIC)) {
      if (this.#options.requireMic ?? true) {
        throw new Fault("downgrade-refused", { mechanism: "NTLM", what: "no message integrity code, though a time stamp was given" });
      }
    } else if (!equalInConstantTime(hmacMd5(exportedKey, negotiate, challenge.bytes, withoutMic(token)), answer.mic ?? NO_MIC)) {
      throw new Fault("downgrade-refused", { mechanism: "NTLM", what: "its messages were changed on the way" });
    }
    this.#checkChannelBinding(pairs);

    if (has(flags, NEGOTIATE.SIGN)) {
      this.#context = new NtlmSecurityContext({ exportedKey, role: "acceptor", keyExchange, seals: has(flags, NEGOTIATE.SEAL) });
    }
    const domain = found.domain ?? (answer.domain === "" ? undefined : showable(answer.domain));
    return {
      done: true,
      identity: {
        name: found.name,
        ...(domain === undefined ? {} : { domain }),
        mechanism: "ntlm",
        legacy: true,
        ...(found.account === undefined ? {} : { account: found.account }),
      },
    };
  }

  #checkChannelBinding(pairs: readonly AvPair[]): void {
    const { channelBinding, channelBindingPolicy = "when-present" } = this.#options;
    if (channelBinding === undefined || channelBindingPolicy === "off") return;
    const hash = findPair(pairs, AV.CHANNEL_BINDINGS);
    if (hash === undefined || hash.every((byte) => byte === 0)) {
      if (channelBindingPolicy === "required") throw new Fault("channel-binding-mismatch", { what: "the client sent no channel binding" });
      return;
    }
    if (!equalInConstantTime(hash, channelBindingHash(channelBinding))) {
      throw new Fault("channel-binding-mismatch", { what: "the client saw another certificate than the service has" });
    }
  }
}

/** The name that the client gave, as administrators write it. */
function claimedName(answer: AuthenticateMessage): string {
  return showable(answer.domain === "" ? answer.user : `${answer.domain}\\${answer.user}`);
}

function refuseAnonymous(answer: AuthenticateMessage): void {
  if (answer.user === "" || has(answer.flags, NEGOTIATE.ANONYMOUS) || answer.ntResponse.length === 0) {
    throw new Fault("anonymous-refused", { mechanism: "NTLM" });
  }
}

function refuseOldResponses(answer: AuthenticateMessage): void {
  if (answer.ntResponse.length === NTLM_V1_LENGTH) {
    throw new Fault("downgrade-refused", { mechanism: "NTLM", what: "an NTLMv1 response" });
  }
  if (answer.ntResponse.length < NTLM_V2_MINIMUM || answer.ntResponse[16] !== 1) {
    throw new Fault("token-malformed", { mechanism: "NTLM", what: "a response that is no NTLMv2 response" });
  }
}

function refuseWeakFlags(flags: number): void {
  const missing = [
    ...(has(flags, NEGOTIATE.UNICODE) ? [] : ["Unicode"]),
    ...(has(flags, NEGOTIATE.EXTENDED_SESSION_SECURITY) ? [] : ["extended session security"]),
    ...(has(flags, NEGOTIATE.SIGN | NEGOTIATE.SEAL) && !has(flags, NEGOTIATE.KEY_128) ? ["128-bit keys"] : []),
  ];
  if (missing.length > 0) throw new Fault("downgrade-refused", { mechanism: "NTLM", what: `the client leaves out ${missing.join(", ")}` });
}
