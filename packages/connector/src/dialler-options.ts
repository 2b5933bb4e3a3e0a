/** The one dialler of a connection, out of what users say: all stages go the same way. */
import { readClientCertificate, type ClientCertificateFiles } from "./client-certificate.ts";
import { Dialler, NameMap, parseProxy, proxyFromEnvironment, readAuthorities } from "@tieline/net";

export interface DiallerWishes {
  /** In curl's form, `host:port:address:port`. */
  connectTo: readonly string[];
  /** PEM files of authorities that are trusted beside the built-in ones. */
  caFiles: readonly string[];
  insecure: boolean;
  /** What we show of ourselves to whoever asks. */
  clientCertificate?: ClientCertificateFiles;
  /** An HTTP proxy, `none` for none, undefined for the environment's. */
  proxy: string | undefined;
  environment: Readonly<Record<string, string | undefined>>;
  connectTimeoutMs?: number;
}

/** @throws Fault `usage`, `file-unreadable`, `file-not-pem`, `client-certificate-unusable` */
export function diallerFor(wishes: DiallerWishes): Dialler {
  const named = wishes.proxy === undefined || wishes.proxy === "none" ? undefined : parseProxy(wishes.proxy);
  const names = NameMap.of(wishes.connectTo);
  const proxy = wishes.proxy === undefined ? proxyFromEnvironment(wishes.environment) : () => named;
  return new Dialler({
    names,
    // What the name map places was placed on purpose: no proxy knows better.
    proxy: (place) => (names.find(place) === place ? proxy(place) : undefined),
    tls: {
      authorities: wishes.caFiles.map(readAuthorities),
      insecure: wishes.insecure,
      ...(wishes.clientCertificate === undefined ? {} : { certificate: readClientCertificate(wishes.clientCertificate) }),
    },
    ...(wishes.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: wishes.connectTimeoutMs }),
  });
}
