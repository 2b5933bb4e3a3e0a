/** The one dialler of a connection, out of what users say: all stages go the same way. */
import { readClientCertificate, type ClientCertificateFiles } from "./client-certificate.ts";
import { always, Dialler, NameMap, NameServer, readAuthorities, type ProxySettings } from "@tieline/net";
import { MechanismAuthenticator, type ProxyAuthenticatorOptions } from "./proxy/authenticator.ts";
import { parseProxyWish, proxyChoiceFor } from "./proxy/choose.ts";
import type { SessionOption } from "./session-option.ts";

export interface DiallerWishes {
  /** In curl's form, `host:port:address:port`. */
  connectTo: readonly string[];
  /** `address[:port]` of name servers that are asked for what `connectTo` does not place; the machine's own where empty. */
  dnsServers?: readonly string[];
  /** The lab's own name server, for its names alone. */
  labDns?: string | undefined;
  /** PEM files of authorities that are trusted beside the built-in ones. */
  caFiles: readonly string[];
  insecure: boolean;
  /** What we show of ourselves to whoever asks. */
  clientCertificate?: ClientCertificateFiles;
  /** As `parseProxyWish` reads it; undefined is `system`. */
  proxy: string | undefined;
  /** How proxies are logged on to. */
  proxyLogon?: ProxyAuthenticatorOptions;
  environment: Readonly<Record<string, string | undefined>>;
  connectTimeoutMs?: number;
  /** For tests: what the desktop says. */
  systemProxy?: () => Promise<ProxySettings | undefined>;
}

/** The dialler that New-PSSessionOption asks for: its proxies, for all stages. */
export function withSessionOption(dialler: Dialler, option: SessionOption, environment: DiallerWishes["environment"]): Dialler {
  const { proxy, proxyScheme, proxyCredential } = option;
  if (proxy === undefined) return dialler;
  return dialler.with({
    proxy: proxyChoiceFor(parseProxyWish(proxy), { environment, direct: dialler.with({ proxy: always("direct") }) }),
    proxyAuthenticator: new MechanismAuthenticator({
      ...(proxyScheme === undefined ? {} : { scheme: proxyScheme }),
      ...(proxyCredential === undefined ? {} : { credential: proxyCredential }),
    }),
  });
}

/** @throws Fault `usage`, `file-unreadable`, `file-not-pem`, `client-certificate-unusable` */
export function diallerFor(wishes: DiallerWishes): Dialler {
  const names = NameMap.of(wishes.connectTo);
  const direct = new Dialler({
    names,
    ...nameServerFor(wishes),
    proxyAuthenticator: new MechanismAuthenticator(wishes.proxyLogon),
    tls: {
      authorities: wishes.caFiles.map(readAuthorities),
      insecure: wishes.insecure,
      ...(wishes.clientCertificate === undefined ? {} : { certificate: readClientCertificate(wishes.clientCertificate) }),
    },
    ...(wishes.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: wishes.connectTimeoutMs }),
  });
  const wish = parseProxyWish(wishes.proxy);
  const { certificate: _, ...withoutCertificate } = direct.tls;
  const choice = proxyChoiceFor(wish, {
    environment: wishes.environment,
    direct: direct.with({ tls: withoutCertificate }),
    ...(wishes.systemProxy === undefined ? {} : { system: wishes.systemProxy }),
  });
  const ambient = wish.kind === "system" || wish.kind === "environment";
  return direct.with({
    // What the name map places was placed on purpose: a proxy that merely stands about knows no better. One that the user names does.
    proxy: (to) => (ambient && names.find(to) !== to ? ["direct"] : choice(to)),
  });
}

function nameServerFor({ dnsServers = [], labDns }: DiallerWishes): { nameServer?: NameServer } {
  if (dnsServers.length > 0) return { nameServer: NameServer.of(dnsServers) };
  return labDns === undefined ? {} : { nameServer: NameServer.of([labDns], { elseSystem: true }) };
}
