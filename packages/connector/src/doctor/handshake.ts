/** A TLS handshake that lets everything pass, to look at what the other end shows; nothing is sent after it. */
import { once } from "node:events";
import { isIP } from "node:net";
import { checkServerIdentity, connect, type DetailedPeerCertificate } from "node:tls";
import { networkFault, tlsOptions, type Dialler } from "@tieline/net";
import type { Handshake } from "./certificate-chain.ts";

/** @throws Fault of the layers name, network, proxy and tls */
export async function shakeHands(dialler: Dialler, host: string, port: number, signal: AbortSignal): Promise<Handshake> {
  // Through the same proxies, without TLS: that is done here, with open eyes.
  const { socket } = await dialler.reach({ protocol: "http:", host, port }, { signal });
  const secure = connect({
    ...tlsOptions(dialler.tls),
    socket,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: ["http/1.1"],
  });
  try {
    await once(secure, "secureConnect", { signal });
    const peer = secure.getPeerCertificate(true);
    return {
      host,
      port,
      chain: chainOf(peer),
      trouble: secure.authorized ? undefined : String(secure.authorizationError),
      nameTrouble: peer.raw === undefined ? undefined : checkServerIdentity(host, peer)?.message,
      protocol: secure.getProtocol() ?? undefined,
    };
  } catch (error) {
    throw networkFault(error, { host, port });
  } finally {
    secure.destroy();
    socket.destroy();
  }
}

function chainOf(peer: DetailedPeerCertificate): Uint8Array[] {
  const chain: Uint8Array[] = [];
  const seen = new Set<string>();
  for (
    let each: DetailedPeerCertificate | undefined = peer;
    each?.raw !== undefined && !seen.has(each.fingerprint256);
    each = each.issuerCertificate
  ) {
    seen.add(each.fingerprint256);
    chain.push(each.raw);
    if (chain.length > 10) break;
  }
  return chain;
}
