/** From the endpoint's challenge to the authority: its addresses, and which tenant it speaks for. */
import { authorityOf, readMetadata, type Authority, type TargetChallenge } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import type { SignInMeans } from "./means.ts";

export interface KnownAuthority extends Authority {
  /** Read from the issuer's name; undefined where the authority does not say, or speaks for all. */
  tenantId?: string;
}

const GUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;

/** @throws Fault `authority-unusable`, and of the transport */
export async function knownAuthority(
  challenge: Required<Pick<TargetChallenge, "authorizationUri">>,
  tenant: string | undefined,
  means: Pick<SignInMeans, "get">,
): Promise<KnownAuthority> {
  const derived = authorityOf(challenge.authorizationUri, tenant);
  const answer = await means.get(derived.metadata);
  // An authority without the document is used as its address says.
  if (answer.status !== 200) return derived;
  try {
    const { issuer, ...authority } = readMetadata(answer.body, derived);
    const tenantId = GUID.exec(issuer)?.[0];
    return { ...authority, ...(tenantId === undefined ? {} : { tenantId }) };
  } catch (error) {
    if (!isFault(error) || error.code !== "token-answer-unreadable") throw error;
    return derived;
  }
}
