/** Signing in by the system's browser, which comes back to a listener on this machine (RFC 8252). */
import { authorizationRequest, readRedirect, requestToken } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { listenForAnswer } from "./loopback-listener.ts";
import type { SignIn } from "./means.ts";

const MINUTES = 10;

/** @throws Fault `browser-cannot-return`, `browser-not-finished`, `sign-in-declined`, those of the authority and the transport */
export const byBrowser: SignIn = async ({ authority, clientId, resource, user }, means) => {
  await using listener = await listenForAnswer();
  const wish = {
    authority,
    clientId,
    resource,
    redirectUri: listener.address,
    ...(user === undefined ? { selectAccount: true } : { loginHint: user }),
  };
  const request = authorizationRequest(wish, means.sources);
  const address = means.forBrowser(request.address);
  const opened = (await means.person.open?.(address)) ?? false;
  means.person.tell(
    opened
      ? `Sign in with the browser that opens now. If none does, open ${address.href}`
      : `To sign in, open this address in a browser on this machine (elsewhere: --sign-in device-code): ${address.href}`,
  );
  const over = new AbortController();
  const late = means.wait(MINUTES * 60_000, AbortSignal.any([over.signal, ...(means.signal === undefined ? [] : [means.signal])]));
  try {
    const answer = await Promise.race([
      listener.answer((query) => readRedirect(query, request)),
      late.then(() => {
        throw new Fault("browser-not-finished", { minutes: MINUTES });
      }),
    ]);
    try {
      const grant = { kind: "code", code: answer.code, verifier: request.verifier, redirectUri: request.redirectUri } as const;
      const token = await requestToken({ authority, clientId, resource, client: { kind: "public" }, grant }, means.post, means.sources);
      await answer.finish({ signedIn: true });
      return token;
    } catch (error) {
      await answer.finish({ signedIn: false, why: error instanceof Fault ? error.message : "It did not work." });
      throw error;
    }
  } finally {
    over.abort();
    // The wait that was cut short has nothing to tell any more.
    await late.catch(() => undefined);
  }
};
