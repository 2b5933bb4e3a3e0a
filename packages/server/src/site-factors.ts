/** Puts second factors and the service's own pages into its authorization server. */
import { Factors, secondFactorOf, ServicePages, type FactorTransport, type IdentityService } from "./identity/index.ts";

export function openFactors(
  identity: IdentityService | undefined,
  transport: FactorTransport | undefined,
): { factors: Factors | undefined; pages: ServicePages | undefined } {
  if (identity === undefined) return { factors: undefined, pages: undefined };
  const { db, sources } = identity.options;
  const factors = new Factors({ db, vault: identity.vault, sources, transport });
  const pages = new ServicePages(identity, factors);
  identity.use({ pages: pages.interactions, secondFactor: secondFactorOf(factors) });
  return { factors, pages };
}
