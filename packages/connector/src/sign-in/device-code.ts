/** Signing in by device code: the person types a short code at any browser, on this machine or another. */
import { DeviceCodePoll, requestDeviceCode, sendTokenRequest, type PostAnswer } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import type { SignIn, SignInMeans } from "./means.ts";

/** @throws Fault `device-code-lapsed`, `sign-in-declined`, those of the authority's errors and of the transport */
export const byDeviceCode: SignIn = async (request, means) => {
  const { authority, clientId, resource } = request;
  const code = await requestDeviceCode({ authority, clientId, resource }, means.post);
  const address = means.forBrowser(code.verificationUri).href;
  means.person.tell(`To sign in, open ${address} in a browser on any machine and enter the code ${code.userCode}`);
  const poll = new DeviceCodePoll(code, authority.token.host, means.sources.nowMs());
  for (;;) {
    await means.wait(poll.waitMs(means.sources.nowMs()), means.signal);
    const answer = await asked(means, () =>
      sendTokenRequest(
        { authority, clientId, resource, client: { kind: "public" }, grant: { kind: "device-code", deviceCode: code.deviceCode } },
        means.post,
        means.sources,
      ),
    );
    const token = answer === undefined ? poll.lost() : poll.receive(answer);
    if (token !== undefined) return token;
  }
};

/** The answer, or undefined where the network lost it: the person may be typing yet. */
async function asked({ signal }: SignInMeans, ask: () => Promise<PostAnswer>): Promise<PostAnswer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (signal?.aborted === true || !isFault(error) || error.layer !== "network") throw error;
    return undefined;
  }
}
