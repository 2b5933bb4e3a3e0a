/**
 * A sign-in that is under way at a provider. What must come back is kept by the browser that began it, in a cookie that
 * nobody else can read or make, bound to the interaction: an answer that another browser brings finds no such cookie, and
 * one of another interaction finds another.
 *
 *     state = <uid of the interaction> "." <random>       the uid leads the answer back, the random part is compared
 */
import { createHash } from "node:crypto";
import type { Sources } from "@tieline/auth";
import { z } from "zod";
import type { Vault } from "../vault.ts";

const Pending = z.object({
  state: z.string(),
  nonce: z.string(),
  /** RFC 7636. */
  verifier: z.string(),
  domain: z.string(),
  /** Of the provider that was asked: another's answer is refused, even where the domain was changed meanwhile. */
  issuer: z.string(),
  redirectUri: z.string(),
  expiresMs: z.number(),
});

export type PendingSignIn = z.infer<typeof Pending>;

/** So long a person may take at the provider. */
const PENDING_MS = 15 * 60_000;
const COOKIE = "tieline.federation";
const SHOWN = "federated sign-in shown";
const STATE = /^([\w-]{1,128})\.[\w-]{1,128}$/;

export function beginPending(
  uid: string,
  facts: Pick<PendingSignIn, "domain" | "issuer" | "redirectUri">,
  sources: Pick<Sources, "random" | "nowMs">,
): PendingSignIn {
  const random = (): string => Buffer.from(sources.random(32)).toString("base64url");
  return { ...facts, state: `${uid}.${random()}`, nonce: random(), verifier: random(), expiresMs: sources.nowMs() + PENDING_MS };
}

export function challengeOf({ verifier }: PendingSignIn): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

/** Whose answer it is; undefined for a state that is none of ours. */
export function uidOfState(state: string): string | undefined {
  return STATE.exec(state)?.[1];
}

const purpose = (tenant: string, uid: string): string => `federated sign-in ${tenant} ${uid}`;

/** @param path `/<tenant>/login/<uid>`: the cookie is sent nowhere else */
export function pendingCookie(vault: Vault, pending: PendingSignIn, tenant: string, uid: string, path: string): string {
  const value = vault.seal(purpose(tenant, uid), JSON.stringify(pending));
  return `${COOKIE}=${value}; Path=${path}; Max-Age=${PENDING_MS / 1000}; HttpOnly; Secure; SameSite=Lax`;
}

/** In the place of the question: the person has shown there who they are, and is not led there again. */
export function shownCookie(vault: Vault, tenant: string, uid: string, path: string): string {
  return `${COOKIE}=${vault.digest(SHOWN, purpose(tenant, uid))}; Path=${path}; HttpOnly; Secure; SameSite=Lax`;
}

export function hasShown(vault: Vault, cookies: string | undefined, tenant: string, uid: string): boolean {
  return cookieOf(cookies) === vault.digest(SHOWN, purpose(tenant, uid));
}

export function forgottenCookie(path: string): string {
  return `${COOKIE}=; Path=${path}; Max-Age=0; HttpOnly; Secure; SameSite=Lax`;
}

/** What the browser has kept; undefined for nothing, something of another interaction, or something that has lapsed. */
export function readPending(
  vault: Vault,
  cookies: string | undefined,
  tenant: string,
  uid: string,
  nowMs: number,
): PendingSignIn | undefined {
  const sealed = cookieOf(cookies);
  if (sealed === undefined) return undefined;
  try {
    const pending = Pending.parse(JSON.parse(vault.open(purpose(tenant, uid), sealed)));
    return pending.expiresMs > nowMs ? pending : undefined;
  } catch {
    // Made by somebody else, or under a key that is gone: as good as none.
    return undefined;
  }
}

function cookieOf(cookies = ""): string | undefined {
  const pair = cookies.split(/; */).find((each) => each.startsWith(`${COOKIE}=`));
  return pair?.slice(COOKIE.length + 1);
}
