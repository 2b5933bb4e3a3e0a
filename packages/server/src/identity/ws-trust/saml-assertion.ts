/**
 * Assertions of SAML 1.1 (OASIS, 2003) as the authorization server gives them to legacy clients: who signed in, for which
 * service, until when; signed (XML Signature 1.1, enveloped, exclusive canonicalization, RSA with SHA-256).
 *
 * Verification trusts nothing but what the signature covers. In order: form (one assertion, one signature, where they
 * belong), the key (the issuer's tenant and the key's name; keys inside the message are not looked at), the algorithms (one
 * of each), the signature; then the assertion is read anew from the very octets that were signed, so that what was verified
 * is what is believed.
 */
import { createPrivateKey } from "node:crypto";
import { at, childrenOf, escapeXml, readXml, SAML_11, type XmlNode } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { SignedXml } from "xml-crypto";
import { DOMParser } from "@xmldom/xmldom";
import { parseGuid, tenantId, type AccountId, type TenantId } from "../../directory/index.ts";
import type { SigningKeys } from "../signing-keys.ts";

export interface Assertion {
  tenantId: TenantId;
  accountId: AccountId;
  userPrincipalName: string;
  /** The service that it is for. */
  audience: string;
  issuedMs: number;
  expiresMs: number;
}

const DS = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED = `${DS}enveloped-signature`;
const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
const ID = /^_[0-9a-f]{32}$/;
const MAX_ASSERTION = 32_768;

const issuer = (host: string, tenant: string): string => `https://${host}/${tenant}/`;

export interface AssertionKeys {
  keys: SigningKeys;
  /** The authorization server's name. */
  host: string;
}

/** @param id 16 random octets as hexadecimal digits */
export async function signAssertion({ keys, host }: AssertionKeys, assertion: Assertion, id: string): Promise<string> {
  const time = (ms: number): string => new Date(ms).toISOString();
  const { tenantId: tenant, accountId, userPrincipalName, audience, issuedMs, expiresMs } = assertion;
  const attribute = (name: string, value: string): string =>
    `<saml:Attribute AttributeName="${name}" AttributeNamespace="http://schemas.xmlsoap.org/claims"><saml:AttributeValue>${escapeXml(value)}</saml:AttributeValue></saml:Attribute>`;
  const subject =
    `<saml:Subject><saml:NameIdentifier Format="http://schemas.xmlsoap.org/claims/UPN">${escapeXml(userPrincipalName)}</saml:NameIdentifier>` +
    "<saml:SubjectConfirmation><saml:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:bearer</saml:ConfirmationMethod></saml:SubjectConfirmation></saml:Subject>";
  const xml =
    `<saml:Assertion xmlns:saml="${SAML_11}" MajorVersion="1" MinorVersion="1" AssertionID="_${id}" ` +
    `Issuer="${escapeXml(issuer(host, tenant))}" IssueInstant="${time(issuedMs)}">` +
    `<saml:Conditions NotBefore="${time(issuedMs)}" NotOnOrAfter="${time(expiresMs)}"><saml:AudienceRestrictionCondition>` +
    `<saml:Audience>${escapeXml(audience)}</saml:Audience></saml:AudienceRestrictionCondition></saml:Conditions>` +
    `<saml:AttributeStatement>${subject}${attribute("UPN", userPrincipalName)}${attribute("ObjectId", accountId)}</saml:AttributeStatement>` +
    `<saml:AuthenticationStatement AuthenticationMethod="urn:oasis:names:tc:SAML:1.0:am:password" AuthenticationInstant="${time(issuedMs)}">${subject}</saml:AuthenticationStatement>` +
    "</saml:Assertion>";
  const key = await keys.active(tenant);
  const signer = new SignedXml({
    privateKey: createPrivateKey({ key: key.privateJwk as never, format: "jwk" }).export({ type: "pkcs8", format: "pem" }),
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE,
    idAttribute: "AssertionID",
    getKeyInfoContent: () => `<ds:KeyName>${escapeXml(key.kid)}</ds:KeyName>`,
  });
  signer.addReference({
    xpath: "/*",
    uri: `#_${id}`,
    transforms: [ENVELOPED, EXCLUSIVE],
    digestAlgorithm: SHA256,
  });
  signer.computeSignature(xml, { prefix: "ds", location: { reference: "/*", action: "append" } });
  return signer.getSignedXml();
}

/**
 * @param audience the service that it was shown to
 * @throws Fault `assertion-refused`
 */
export async function verifyAssertion(
  { keys, host }: AssertionKeys,
  xml: string,
  audience: string,
  { nowMs, skewMs }: { nowMs: number; skewMs: number },
): Promise<Assertion> {
  if (xml.length > MAX_ASSERTION) throw refused("it is too long");
  // The library that verifies would write about anything before it to the console.
  if (!xml.startsWith("<")) throw refused("it is no well-formed XML");
  const claimed = read(xml);
  const signature = signatureOf(claimed);
  const tenant = parseGuid(/^https:\/\/[^/]+\/([^/]+)\/$/.exec(claimed.attributes["Issuer"] ?? "")?.[1] ?? "");
  if (tenant === undefined || claimed.attributes["Issuer"] !== issuer(host, tenant)) throw refused("another service has given it");
  const kid = at(signature, [DS, "KeyInfo"], [DS, "KeyName"])?.text ?? "";
  const key = await keys.find(tenantId(tenant), kid);
  if (key === undefined) throw refused("it is signed with a key that is not the tenant's");
  const signed = signedOctets(xml, key.key.export({ type: "spki", format: "pem" }));
  return contentOf(read(signed), tenantId(tenant), audience, nowMs, skewMs);
}

function read(xml: string): XmlNode {
  let root: XmlNode;
  try {
    root = readXml(xml);
  } catch (error) {
    throw refused("it is no well-formed XML", error);
  }
  if (root.ns !== SAML_11 || root.name !== "Assertion") throw refused("it is no assertion of SAML 1.1");
  return root;
}

/** The one signature, directly inside; an assertion or signature anywhere else is an attempt to wrap one. */
function signatureOf(root: XmlNode): XmlNode {
  const id = root.attributes["AssertionID"] ?? "";
  if (!ID.test(id)) throw refused("its identifier is none of ours");
  const count = (node: XmlNode, name: string): number =>
    node.children.reduce((sum, child) => sum + (child.name === name ? 1 : 0) + count(child, name), 0);
  if (count(root, "Assertion") > 0 || count(root, "Signature") !== 1 || count(root, "Object") > 0) throw refused("it is wrapped");
  const [signature] = childrenOf(root, DS, "Signature");
  if (signature === undefined) throw refused("its signature does not stand where it belongs");
  const info = at(signature, [DS, "SignedInfo"]);
  const references = childrenOf(info, DS, "Reference");
  const [reference] = references;
  const transforms = childrenOf(at(reference, [DS, "Transforms"]), DS, "Transform").map((each) => each.attributes["Algorithm"]);
  const expected =
    at(info, [DS, "CanonicalizationMethod"])?.attributes["Algorithm"] === EXCLUSIVE &&
    at(info, [DS, "SignatureMethod"])?.attributes["Algorithm"] === RSA_SHA256 &&
    references.length === 1 &&
    reference?.attributes["URI"] === `#${id}` &&
    at(reference, [DS, "DigestMethod"])?.attributes["Algorithm"] === SHA256 &&
    transforms.join(" ") === `${ENVELOPED} ${EXCLUSIVE}`;
  if (!expected) throw refused("its signature is of another kind than ours");
  return signature;
}

/** What the signature covers, as it was signed. */
function signedOctets(xml: string, publicKey: string): string {
  try {
    const document = new DOMParser().parseFromString(xml, "text/xml");
    const signatures = document.getElementsByTagNameNS(DS, "Signature");
    const signature = signatures.item(0);
    if (signature === null || signatures.length !== 1) throw new Error("not one signature");
    const verifier = new SignedXml({ publicCert: publicKey, idAttribute: "AssertionID", getCertFromKeyInfo: () => null });
    verifier.loadSignature(signature as never);
    if (verifier.checkSignature(xml)) {
      const references = verifier.getSignedReferences();
      if (references.length === 1) return references[0] as string;
    }
  } catch (error) {
    throw refused("its signature does not verify", error);
  }
  throw refused("its signature does not verify");
}

function contentOf(root: XmlNode, tenant: TenantId, audience: string, nowMs: number, skewMs: number): Assertion {
  const conditions = at(root, [SAML_11, "Conditions"]);
  const issuedMs = Date.parse(conditions?.attributes["NotBefore"] ?? "");
  const expiresMs = Date.parse(conditions?.attributes["NotOnOrAfter"] ?? "");
  if (!(nowMs + skewMs >= issuedMs)) throw refused("it is not valid yet");
  if (!(nowMs - skewMs < expiresMs)) throw refused("it has lapsed");
  const found = at(conditions, [SAML_11, "AudienceRestrictionCondition"], [SAML_11, "Audience"])?.text ?? "";
  if (found.toLowerCase() !== audience.toLowerCase()) throw refused(`it is for ${found.slice(0, 200)}, not for ${audience}`);
  const attributes = childrenOf(at(root, [SAML_11, "AttributeStatement"]), SAML_11, "Attribute");
  const value = (name: string): string =>
    at(
      attributes.find((each) => each.attributes["AttributeName"] === name),
      [SAML_11, "AttributeValue"],
    )?.text ?? "";
  const [userPrincipalName, accountId] = [value("UPN"), value("ObjectId")];
  if (userPrincipalName === "" || accountId === "") throw refused("it names nobody");
  return { tenantId: tenant, accountId: accountId as AccountId, userPrincipalName, audience: found, issuedMs, expiresMs };
}

function refused(reason: string, cause?: unknown): Fault {
  return new Fault("assertion-refused", { reason }, cause === undefined ? undefined : { cause });
}
