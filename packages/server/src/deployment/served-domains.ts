/** The domains that discovery answers for, as the directory has them; looked up again from time to time. */
import type { DomainServices } from "@tieline/discovery";

export interface ServedDomains extends Disposable {
  find(domain: string): DomainServices | undefined;
}

/** @param read by the domain's name in lower case */
export async function servedDomains(read: () => Promise<Map<string, DomainServices>>, everyMs: number): Promise<ServedDomains> {
  let known = await read();
  const timer = setInterval(() => {
    // While the database is away, what was known stays.
    read().then(
      (found) => (known = found),
      () => undefined,
    );
  }, everyMs).unref();
  return { find: (domain) => known.get(domain), [Symbol.dispose]: () => clearInterval(timer) };
}
