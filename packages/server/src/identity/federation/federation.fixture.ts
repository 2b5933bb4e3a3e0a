/** A domain of one authority of tests, federated with another; and questions that find their way to such authorities. */
import { CONTOSO, type Authority } from "../authority.fixture.ts";
import type { FederationSettings } from "./federated-domains.ts";
import { providerRequests, type ProviderRequests } from "./provider-requests.ts";

export const PROVIDER_HOST = "login.adatum.example";

/** Asks `http://127.0.0.1:port` where a name is meant: the authorities of tests speak without TLS. */
export function throughNames(bases: Readonly<Record<string, string>>, options: { timeoutMs?: number } = {}): ProviderRequests {
  const requests = providerRequests(options);
  const real = (url: URL): URL => new URL(url.pathname + url.search, bases[url.host] ?? "http://127.0.0.1:9");
  return { get: (url) => requests.get(real(url)), post: (url, form) => requests.post(real(url), form) };
}

/** Makes contoso.com of `ours` one whose accounts sign in at the tenant of the same name of `theirs`. */
export async function federate(ours: Authority, theirs: Authority, changes: Partial<FederationSettings> = {}): Promise<void> {
  const applications = theirs.service.applications(CONTOSO);
  const redirectUris = [`https://${ours.base.replace("http://", "")}/${CONTOSO}/login/federated`];
  const clientId = await applications.add({ displayName: "Our directory", redirectUris });
  const { secret } = await applications.addSecret(clientId, Date.now() + 3_600_000);
  const { federation } = ours.service;
  const metadataUrl = `https://${theirs.service.options.host}/${CONTOSO}/v2.0/.well-known/openid-configuration`;
  const settings: FederationSettings = {
    ...(await federation.metadata("contoso.com", metadataUrl)),
    metadataUrl,
    clientId,
    accountClaim: "upn",
    acceptsProviderMfa: false,
    trustsInsideNetwork: false,
    brand: "Their company",
    ...changes,
  };
  await federation.domains(CONTOSO).set("contoso.com", settings, secret, Date.now());
  federation.changed();
}
