/**
 * The client of NTLM ([MS-NLMP] 3.1.5): NEGOTIATE, then AUTHENTICATE in answer to CHALLENGE. NTLMv2 only.
 *
 *     begin --step()--> NEGOTIATE sent --step(CHALLENGE)--> AUTHENTICATE sent, done
 */
import { Fault } from "@tieline/fault";
import { Rc4 } from "../cipher/rc4.ts";
import { channelBindingHash } from "../channel-binding.ts";
import type { Initiator, SecurityContext } from "../mechanism.ts";
import { concat, toUtf16 } from "../octets.ts";
import { draw, type Sources } from "../sources.ts";
import { has, NEGOTIATE } from "./flags.ts";
import { decodeChallenge, encodeAuthenticate, encodeNegotiate, MIC_OFFSET, type ChallengeMessage } from "./messages.ts";
import { clientChallengeBlob, hmacMd5, lmV2Response, ntHash, proof, responseKey, sessionBaseKey } from "./response.ts";
import { NtlmSecurityContext } from "./session-security.ts";
import { AV, AV_FLAG_MIC, avFlags, decodeTargetInfo, encodeTargetInfo, fileTime, findPair, withPair, type AvPair } from "./target-info.ts";

export interface NtlmCredential {
  /** `alice`, or `alice@contoso.com` with an empty domain. */
  readonly user: string;
  readonly domain?: string;
  /** Either of the two; the hash (16 bytes) is as good as the password. */
  readonly password?: string;
  readonly ntHash?: Uint8Array;
}

export interface NtlmInitiatorOptions extends NtlmCredential {
  readonly sources: Sources;
  /** Service principal name of the target, `HTTP/host`: the server may check it. */
  readonly targetName?: string;
  /** Application data of the channel binding; see `tlsServerEndPoint`. */
  readonly channelBinding?: Uint8Array | undefined;
  readonly workstation?: string;
  /** Must messages be sealed afterwards? Default true: a server that cannot is refused. */
  readonly needsSealing?: boolean;
}

const WANTED =
  NEGOTIATE.UNICODE |
  NEGOTIATE.REQUEST_TARGET |
  NEGOTIATE.SIGN |
  NEGOTIATE.SEAL |
  NEGOTIATE.NTLM |
  NEGOTIATE.ALWAYS_SIGN |
  NEGOTIATE.EXTENDED_SESSION_SECURITY |
  NEGOTIATE.TARGET_INFO |
  NEGOTIATE.VERSION |
  NEGOTIATE.KEY_128 |
  NEGOTIATE.KEY_EXCHANGE |
  NEGOTIATE.KEY_56;

export class NtlmInitiator implements Initiator {
  readonly mechanism = "ntlm";
  readonly #options: NtlmInitiatorOptions;
  #negotiate: Uint8Array | undefined;
  #done = false;
  #context: NtlmSecurityContext | undefined;

  /** @throws Fault `anonymous-refused` for an empty user name or no password at all */
  constructor(options: NtlmInitiatorOptions) {
    if (options.user === "" || (options.password === undefined && options.ntHash === undefined)) {
      throw new Fault("anonymous-refused", { mechanism: "NTLM" });
    }
    this.#options = options;
  }

  get done(): boolean {
    return this.#done;
  }

  context(): SecurityContext | undefined {
    return this.#done ? this.#context : undefined;
  }

  step(token?: Uint8Array): Uint8Array {
    if (this.#negotiate === undefined) {
      if (token !== undefined) throw new Fault("token-unexpected", { mechanism: "NTLM", what: "an answer before the first message" });
      // Neither TARGET_INFO nor anything else that only a server says belongs into the first message.
      this.#negotiate = encodeNegotiate({ flags: (WANTED & ~NEGOTIATE.TARGET_INFO) >>> 0 });
      return this.#negotiate;
    }
    if (this.#done || token === undefined) {
      throw new Fault("token-unexpected", { mechanism: "NTLM", what: this.#done ? "a message after the last" : "no challenge" });
    }
    return this.#answer(this.#negotiate, token);
  }

  #answer(negotiate: Uint8Array, token: Uint8Array): Uint8Array {
    const { sources, user, domain = "", workstation = "" } = this.#options;
    const challenge = decodeChallenge(token);
    const flags = ((WANTED & challenge.flags) | NEGOTIATE.REQUEST_TARGET) >>> 0;
    this.#refuseWeakness(flags);

    const serverPairs = challenge.targetInfo.length === 0 ? [] : decodeTargetInfo(challenge.targetInfo);
    const timeStamp = findPair(serverPairs, AV.TIMESTAMP);
    const withMic = timeStamp !== undefined;
    const time = timeStamp?.length === 8 ? timeStamp : fileTime(sources.nowMs());

    const key = responseKey(this.#options.ntHash ?? ntHash(this.#options.password ?? ""), user, domain);
    const clientChallenge = draw(sources, 8);
    const blob = clientChallengeBlob(time, clientChallenge, encodeTargetInfo(this.#ownPairs(serverPairs, withMic)));
    const ntProof = proof(key, challenge.serverChallenge, blob);
    const baseKey = sessionBaseKey(key, ntProof);

    const keyExchange = has(flags, NEGOTIATE.KEY_EXCHANGE) && has(flags, NEGOTIATE.SIGN | NEGOTIATE.SEAL);
    const exportedKey = keyExchange ? draw(sources, 16) : baseKey;
    const message = encodeAuthenticate({
      flags,
      lmResponse: withMic ? new Uint8Array(24) : lmV2Response(key, challenge.serverChallenge, clientChallenge),
      ntResponse: concat(ntProof, blob),
      domain,
      user,
      workstation,
      encryptedSessionKey: keyExchange ? new Rc4(baseKey).update(exportedKey) : new Uint8Array(),
      mic: undefined,
    });
    if (withMic) message.set(hmacMd5(exportedKey, negotiate, token, message), MIC_OFFSET);

    this.#done = true;
    if (has(flags, NEGOTIATE.SIGN)) {
      this.#context = new NtlmSecurityContext({ exportedKey, role: "initiator", keyExchange, seals: has(flags, NEGOTIATE.SEAL) });
    }
    return message;
  }

  /** What the server said of itself, and what we add: flags, channel binding, target name (3.1.5.1.2). */
  #ownPairs(serverPairs: readonly AvPair[], withMic: boolean): AvPair[] {
    const { channelBinding, targetName } = this.#options;
    let pairs = [...serverPairs];
    if (withMic) {
      const value = new Uint8Array(4);
      new DataView(value.buffer).setUint32(0, avFlags(pairs) | AV_FLAG_MIC, true);
      pairs = withPair(pairs, AV.FLAGS, value);
    }
    if (channelBinding !== undefined || withMic) {
      const hash = channelBinding === undefined ? new Uint8Array(16) : channelBindingHash(channelBinding);
      pairs = withPair(pairs, AV.CHANNEL_BINDINGS, hash);
    }
    if (targetName !== undefined) pairs = withPair(pairs, AV.TARGET_NAME, toUtf16(targetName));
    return pairs;
  }

  #refuseWeakness(flags: ChallengeMessage["flags"]): void {
    const missing = [
      ...(has(flags, NEGOTIATE.UNICODE) ? [] : ["Unicode"]),
      ...(has(flags, NEGOTIATE.EXTENDED_SESSION_SECURITY) ? [] : ["extended session security"]),
      ...(has(flags, NEGOTIATE.SIGN | NEGOTIATE.SEAL) && !has(flags, NEGOTIATE.KEY_128) ? ["128-bit keys"] : []),
      ...((this.#options.needsSealing ?? true) && (!has(flags, NEGOTIATE.SEAL) || !has(flags, NEGOTIATE.SIGN)) ? ["sealing"] : []),
    ];
    if (missing.length > 0)
      throw new Fault("downgrade-refused", { mechanism: "NTLM", what: `the server leaves out ${missing.join(", ")}` });
  }
}
