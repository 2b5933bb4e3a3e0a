/**
 * Signing in with a password and no browser (RFC 6749 4.3), where the tenant allows it. A federated domain's passwords are
 * not the authority's to check; an account with a second factor is passed on to a way that a person attends.
 */
import {
  errorFault,
  readError,
  readRealm,
  readToken,
  realmAddress,
  sendTokenRequest,
  wantsSecondFactor,
  type TokenAnswer,
} from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import type { SignInMeans, SignInRequest } from "./means.ts";

/** The password was right, and a person has to show more. */
export interface SecondFactorWanted {
  secondFactor: Fault;
}

/** @throws Fault `password-missing`, `sign-in-federated`, those of the authority's errors and of the transport */
export async function byPassword(
  request: SignInRequest & { user: string },
  password: string,
  means: SignInMeans,
): Promise<TokenAnswer | SecondFactorWanted> {
  const { authority, clientId, resource, user } = request;
  if (password === "") throw new Fault("password-missing", { user });
  await refuseFederated(request, means);
  const grant = { kind: "password", user, password } as const;
  const answer = await sendTokenRequest({ authority, clientId, resource, client: { kind: "public" }, grant }, means.post, means.sources);
  const { host } = authority.token;
  if (answer.status === 200) return readToken(answer, host);
  const error = readError(answer, host);
  const fault = errorFault(error, host);
  if (wantsSecondFactor(error)) return { secondFactor: fault };
  throw fault;
}

/** An authority without realm discovery knows no federation. */
async function refuseFederated({ authority, user }: SignInRequest & { user: string }, { get }: SignInMeans): Promise<void> {
  const address = realmAddress(authority, user);
  const answer = await get(address);
  if (answer.status !== 200) return;
  try {
    const realm = readRealm(answer.body, address.host, user);
    if (realm.kind === "federated")
      throw new Fault("sign-in-federated", { user, domain: realm.domain, at: realm.authUrl?.host ?? "another provider" });
  } catch (error) {
    if (!isFault(error) || error.code !== "token-answer-unreadable") throw error;
  }
}
