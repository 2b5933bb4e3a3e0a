/**
 * The device code (RFC 8628): a person types a short code at any browser while we ask whether they are done.
 *
 *     pending --authorization_pending--> pending        asked again after `interval`
 *     pending --slow_down-------------> pending        the interval grows by 5 s (RFC 8628 3.5)
 *     pending --connection lost-------> pending        the interval doubles, as section 3.5 recommends
 *     pending --token-----------------> done
 *     pending --access_denied, expired_token, time----> Fault
 *
 * The machine has no timer: `waitMs` says how long to wait before the next question.
 */
import { Fault } from "@tieline/fault";
import { showable } from "../octets.ts";
import { jsonObject, type Authority } from "./authority.ts";
import { errorFault, readError } from "./error-answer.ts";
import type { Post, PostAnswer } from "./post.ts";
import { readToken, resourceParameters, type TokenAnswer } from "./token-request.ts";

export interface DeviceCode {
  deviceCode: string;
  /** What the person types. */
  userCode: string;
  /** Where. */
  verificationUri: URL;
  expiresInMs: number;
  intervalMs: number;
}

const DEFAULT_INTERVAL_MS = 5000;
const SLOWER_BY_MS = 5000;
const LONGEST_INTERVAL_MS = 60_000;
const LONGEST_LIFE_MS = 60 * 60_000;

export interface DeviceCodeWish {
  authority: Authority;
  clientId: string;
  resource: string;
}

/** @throws Fault `token-answer-unreadable`, those of the authority's errors, and what `post` throws */
export async function requestDeviceCode({ authority, clientId, resource }: DeviceCodeWish, post: Post): Promise<DeviceCode> {
  const form = { client_id: clientId, ...resourceParameters(authority, resource, "device-code") };
  return readDeviceCode(await post(authority.deviceCode, form, { accept: "application/json" }), authority.deviceCode.host);
}

export function readDeviceCode(answer: PostAnswer, host: string): DeviceCode {
  if (answer.status !== 200) throw errorFault(readError(answer, host), host);
  const body = jsonObject(answer.body, host);
  const { device_code: deviceCode, user_code: userCode } = body;
  // The first generation says `verification_url`.
  const address = body["verification_uri"] ?? body["verification_url"];
  const verificationUri = typeof address === "string" && URL.canParse(address) ? new URL(address) : undefined;
  if (typeof deviceCode !== "string" || deviceCode === "" || typeof userCode !== "string" || userCode === "") {
    throw new Fault("token-answer-unreadable", { host, what: "an answer without a device code" });
  }
  if (verificationUri === undefined || !["https:", "http:"].includes(verificationUri.protocol)) {
    throw new Fault("token-answer-unreadable", { host, what: "a device code without the address where to type it" });
  }
  return {
    deviceCode,
    userCode: showable(userCode),
    verificationUri,
    expiresInMs: Math.min(milliseconds(body["expires_in"]) ?? 15 * 60_000, LONGEST_LIFE_MS),
    intervalMs: Math.min(milliseconds(body["interval"]) ?? DEFAULT_INTERVAL_MS, LONGEST_INTERVAL_MS),
  };
}

function milliseconds(seconds: unknown): number | undefined {
  const number = Number(seconds);
  return seconds !== undefined && Number.isFinite(number) && number > 0 ? number * 1000 : undefined;
}

export class DeviceCodePoll {
  readonly #code: DeviceCode;
  readonly #host: string;
  readonly #endsAtMs: number;
  #intervalMs: number;

  /** @param nowMs on the clock that `waitMs` is asked with */
  constructor(code: DeviceCode, host: string, nowMs: number) {
    this.#code = code;
    this.#host = host;
    this.#intervalMs = code.intervalMs;
    this.#endsAtMs = nowMs + code.expiresInMs;
  }

  /** How long to wait before the next question. @throws Fault `device-code-lapsed` where the code will not live that long */
  waitMs(nowMs: number): number {
    if (nowMs + this.#intervalMs > this.#endsAtMs) throw this.#lapsed();
    return this.#intervalMs;
  }

  /**
   * The token, or undefined: ask again.
   *
   * @throws Fault `device-code-lapsed`, `sign-in-declined`, those of the authority's errors
   */
  receive(answer: PostAnswer): TokenAnswer | undefined {
    if (answer.status === 200) return readToken(answer, this.#host);
    const error = readError(answer, this.#host);
    switch (error.error) {
      case "authorization_pending":
        return undefined;
      case "slow_down":
        this.#intervalMs = Math.min(this.#intervalMs + SLOWER_BY_MS, LONGEST_INTERVAL_MS);
        return undefined;
      case "expired_token":
      case "code_expired":
        throw this.#lapsed();
      case "access_denied":
      case "authorization_declined":
        throw new Fault("sign-in-declined");
      default:
        throw errorFault(error, this.#host);
    }
  }

  /** A question that got no answer at all is asked again, later. */
  lost(): void {
    this.#intervalMs = Math.min(this.#intervalMs * 2, LONGEST_INTERVAL_MS);
  }

  #lapsed(): Fault {
    return new Fault("device-code-lapsed", { userCode: this.#code.userCode });
  }
}
