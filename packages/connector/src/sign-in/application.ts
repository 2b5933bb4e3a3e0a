/** An application for itself (RFC 6749 4.4): no person, so a tenant's second factors do not stand in the way. */
import { requestToken, type ClientAuthentication } from "@tieline/auth";
import type { SignIn } from "./means.ts";

/** @throws Fault of the authority's errors and of the transport */
export function asApplication(client: () => ClientAuthentication | Promise<ClientAuthentication>): SignIn {
  return async ({ authority, clientId, resource }, means) =>
    requestToken({ authority, clientId, resource, client: await client(), grant: { kind: "client" } }, means.post, means.sources);
}
