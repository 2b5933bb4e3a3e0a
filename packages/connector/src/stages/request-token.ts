import { Fault } from "@tieline/fault";
import type { Credential, Stage } from "../stage.ts";

/**
 * Stage 3: what will be shown to the endpoint. A password and a ticket are used as they are; a token is carried in
 * Basic by the user `oauth`, as the retired service wanted it.
 */
export const requestToken: Stage = {
  words: "Requesting authentication token",
  async run({ wish, progress, say }) {
    const credential = await wish.credential(wish.user);
    const target = progress.targetUri as URL;
    if (credential.kind === "password" && credential.password === "") throw new Fault("password-missing", { user: credential.user });
    if (credential.kind !== "ambient" && target.protocol === "http:" && wish.authentication === "basic") {
      throw new Fault("basic-without-tls", { host: target.host });
    }
    progress.credential = credential;
    progress.targetUri = forCredential(target, credential);
    if (credential.kind === "password" || credential.kind === "certificate") say(`The ${credential.kind} is used as it is`);
    say("Success");
  },
};

/** The service has one path for tokens and one for passwords; both spellings of discovery are met. */
function forCredential(target: URL, credential: Credential): URL {
  const uri = new URL(target);
  if (credential.kind === "token") uri.pathname = uri.pathname.replace(/\/OcsPowershellLiveId$/i, "/OcsPowershellOAuth");
  if (credential.kind === "password") uri.pathname = uri.pathname.replace(/\/OcsPowershellOAuth$/i, "/OcsPowershellLiveId");
  return uri;
}
