/**
 * Key and certificate out of PKCS#12 (RFC 7292). The runtime opens such a file for TLS and hands nothing out again; so
 * the certificate is asked of a TLS socket that was given the file, and the key's bag is found here and opened by the
 * runtime as the encrypted PKCS#8 that it is (RFC 5958 3).
 *
 *     PFX ::= SEQUENCE { version, authSafe ContentInfo, macData }
 *     authSafe -> OCTET STRING -> SEQUENCE OF ContentInfo -> (data) SEQUENCE OF SafeBag { bagId, [0] bagValue, ... }
 */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { Der, oidOf, readDer, type DerNode } from "@tieline/auth";
import { Fault } from "@tieline/fault";

const CONTEXT_0 = 0xa0;
const DATA = "1.2.840.113549.1.7.1";
const KEY_BAG = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";

/** @throws Fault `client-certificate-unusable` */
export function openPfx(pfx: Uint8Array, passphrase: string, path: string): { certificate: X509Certificate; key: KeyObject } {
  try {
    const certificate = certificateOf(pfx, passphrase);
    const key = keyOf(pfx, passphrase);
    if (!certificate.checkPrivateKey(key)) throw new Error("the first key in it belongs to another certificate");
    return { certificate, key };
  } catch (error) {
    throw new Fault("client-certificate-unusable", { path, reason: (error as Error).message }, { cause: error });
  }
}

function certificateOf(pfx: Uint8Array, passphrase: string): X509Certificate {
  const nowhere = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const socket = new TLSSocket(nowhere as never, {
    isServer: true,
    secureContext: createSecureContext({ pfx: Buffer.from(pfx), passphrase }),
  });
  const own = socket.getCertificate();
  socket.destroy();
  if (own === null || !("raw" in own)) throw new Error("it holds no certificate");
  return new X509Certificate(own.raw as Buffer);
}

function keyOf(pfx: Uint8Array, passphrase: string): KeyObject {
  const authSafe = child(readDer(pfx, "PKCS#12").expect(Der.SEQUENCE), 1);
  for (const info of readDer(contentOf(authSafe), "PKCS#12").expect(Der.SEQUENCE).children()) {
    if (oid(info) !== DATA) continue;
    for (const bag of readDer(contentOf(info), "PKCS#12").expect(Der.SEQUENCE).children()) {
      const value = child(bag, 1).expect(CONTEXT_0).only().whole;
      const der = { key: Buffer.from(value), format: "der", type: "pkcs8" } as const;
      if (oid(bag) === SHROUDED_KEY_BAG) return createPrivateKey({ ...der, passphrase });
      if (oid(bag) === KEY_BAG) return createPrivateKey(der);
    }
  }
  throw new Error("its private key is not where it can be read; turn the file into PEM (openssl pkcs12 -in FILE -out FILE.pem)");
}

/** The octets of a ContentInfo of type data. */
function contentOf(info: DerNode): Uint8Array {
  return child(info, 1).expect(CONTEXT_0).only().expect(Der.OCTET_STRING).contents;
}

function oid(node: DerNode): string {
  return oidOf(child(node, 0));
}

function child(node: DerNode, index: number): DerNode {
  const found = node.children()[index];
  if (found === undefined) throw node.fail("too few elements");
  return found;
}
