/** Forged statements at the doors where they would open something: tokens, web tickets, assertions of clients and of SAML. */
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseIssueResponse, WEB_TICKET_TOKEN } from "@tieline/auth";
import { Caller, RESOURCE, SOAP_CONTENT_TYPE } from "@tieline/remoting/wsman";
import { forgeAssertion, forgeJwt, saysTheSame, type ForgersMeans } from "../../packages/server/src/identity/forgery.fixture.ts";
import type { Chance } from "./chance.ts";
import type { Door } from "./door.ts";
import { Finding, judgeText, type Outcome } from "./finding.ts";
import { stranger } from "./http-doors.ts";
import { HttpWire, post, type HttpAnswer } from "./http-wire.ts";
import type { Service } from "./service.ts";
import { LOGIN_HOST as HOST, TICKETS, trustMessage } from "../trust-message.ts";

const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const PUBLIC = "1950a258-227b-4e31-a9cf-717495945fc2";
const AUTOMATION = "5f1a4a52-0c7e-4a57-9a41-7a1e11e00001";
const FORM = "application/x-www-form-urlencoded";
const SOAP = "application/soap+xml; charset=utf-8";
const USERS = ["admin@contoso.com", "viewer@contoso.com", "admin@fabrikam.com"];

/** What the forger holds: honest statements of several people, and what is public. */
interface Loot {
  tokens: ForgersMeans;
  assertions: ForgersMeans;
  clients: ForgersMeans;
  /** An assertion of the lab's application, fresh. */
  client: (claims?: Record<string, unknown>) => string;
}

const loots = new Map<Service, Promise<Loot>>();

function lootOf(service: Service): Promise<Loot> {
  let loot = loots.get(service);
  if (loot === undefined) loots.set(service, (loot = gather(service)));
  return loot;
}

async function ask(
  service: Service,
  path: string,
  type: string,
  body: string | Uint8Array,
  from = "127.0.0.1",
  more: Record<string, string> = {},
): Promise<HttpAnswer> {
  const wire = await HttpWire.open({ port: service.port("online-https"), authority: service.authority, from });
  try {
    wire.write(post(path, { Host: HOST, "Content-Type": type, ...more }, Buffer.from(body)));
    const answer = await wire.answer();
    if (answer === undefined) throw new Finding("the connection was closed instead of an answer to a forgery", body);
    return answer;
  } finally {
    wire.destroy();
  }
}

const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
const jsonOf = (answer: HttpAnswer): Record<string, unknown> => JSON.parse(answer.body.toString()) as Record<string, unknown>;

async function gather(service: Service): Promise<Loot> {
  const tokens: string[] = [];
  const assertions: string[] = [];
  const values: unknown[] = [TARGET, TICKETS, "https://evil.test", HOST, `https://${HOST}/common/`, AUTOMATION, 7, ...USERS];
  const keys: KeyObject[] = [];
  for (const user of USERS) {
    const { password } = service.login(user);
    const tenant = user.split("@")[1] ?? "";
    const fields = { grant_type: "password", client_id: PUBLIC, username: user, password, resource: TARGET };
    const got = jsonOf(await ask(service, `/${tenant}/oauth2/token`, FORM, form(fields)));
    const ticket = jsonOf(
      await ask(service, "/WebTicket/oauthtoken", FORM, form({ grant_type: "password", username: user, password, resource: TARGET })),
    );
    tokens.push(String(got["access_token"]), String(ticket["access_token"]));
    const claims = JSON.parse(Buffer.from(String(got["access_token"]).split(".")[1] ?? "", "base64url").toString()) as Record<
      string,
      unknown
    >;
    values.push(claims["tid"], claims["oid"], claims["iss"]);
    const issued = await ask(service, "/RST2.srf", SOAP, trustMessage({ kind: "password", user, password }));
    assertions.push(parseIssueResponse(issued.body.toString(), HOST).xml);
    const wire = await HttpWire.open({ port: service.port("online-https"), authority: service.authority });
    wire.write(`GET /${tenant}/discovery/keys HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answer = await wire.answer();
    wire.destroy();
    const listed = (answer === undefined ? {} : jsonOf(answer)) as { keys?: Record<string, unknown>[] };
    for (const key of listed.keys ?? []) keys.push(createPublicKey({ key: key as never, format: "jwk" }));
  }
  const read = (name: string): string => readFileSync(join(service.facts.folder, "authority", name), "utf8");
  const [certificate, key] = [new X509Certificate(read("automation.crt")), createPrivateKey(read("automation.key"))];
  const client = (claims: Record<string, unknown> = {}): string => {
    const now = Math.floor(Date.now() / 1000);
    const x5t = createHash("sha256").update(certificate.raw).digest("base64url");
    const all = {
      iss: AUTOMATION,
      sub: AUTOMATION,
      aud: `https://${HOST}/contoso.com/oauth2/token`,
      jti: randomUUID(),
      nbf: now,
      exp: now + 600,
      ...claims,
    };
    const text = [{ alg: "RS256", typ: "JWT", "x5t#S256": x5t }, all]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
  };
  const publicKeys = keys;
  return {
    tokens: { honest: tokens, publicKeys, values },
    assertions: { honest: assertions, publicKeys, values },
    clients: {
      honest: [client({ aud: "https://evil.test" }), client({ exp: 1 }), client({ sub: PUBLIC }), ...tokens],
      publicKeys: [certificate.publicKey],
      values,
    },
    client,
  };
}

function believed(how: string, forged: string, isHonest: boolean): Outcome {
  if (!isHonest) throw new Finding(`a forgery was believed: ${how}`, forged);
  return "accepted";
}

/** In Bearer and in Basic, at the PowerShell endpoint. */
const token: Door = {
  name: "forged tokens",
  weight: 2,
  floor: 0,
  run: async (service, chance) => {
    const { tokens } = await lootOf(service);
    const { how, forged } = forgeJwt(chance, tokens);
    // What no header can carry is not carried.
    const carried = forged.replace(/[^\x21-\x7e]/g, (sign) => encodeURIComponent(sign).slice(0, 9));
    const inBasic = chance.once(2);
    const authorization = inBasic ? `Basic ${Buffer.from(`oauth:${forged}`).toString("base64")}` : `Bearer ${carried}`;
    const body = new Caller({ uri: TARGET, newId: () => chance.guid(), operationTimeoutMs: 5000 }).encode(
      "get",
      {},
      { resourceUri: RESOURCE.config },
    );
    const answer = await ask(service, "/OcsPowershellOAuth", SOAP_CONTENT_TYPE, body, undefined, { Authorization: authorization });
    if (answer.status === 200) return believed(how, forged, saysTheSame(inBasic ? forged : carried, tokens.honest));
    return refused(answer);
  },
};

/** At the token endpoint, in the place of the application's own. */
const client: Door = {
  name: "forged client assertions",
  weight: 1,
  floor: 0,
  run: async (service, chance) => {
    const { clients, client: fresh } = await lootOf(service);
    const honest = [fresh(), ...clients.honest];
    const { how, forged } = forgeJwt(chance, { ...clients, honest });
    const fields = {
      grant_type: "client_credentials",
      client_id: AUTOMATION,
      resource: TARGET,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: forged,
    };
    const answer = await ask(service, "/contoso.com/oauth2/token", FORM, form(fields), stranger(chance as Chance));
    if (answer.status === 200) return believed(how, forged, saysTheSame(forged, honest.slice(0, 1)));
    return refused(answer);
  },
};

/** For a web ticket. */
const assertion: Door = {
  name: "forged SAML assertions",
  weight: 1,
  floor: 0,
  run: async (service, chance) => {
    const { assertions } = await lootOf(service);
    const { how, forged } = forgeAssertion(chance, assertions);
    const body = trustMessage({ kind: "assertion", xml: forged }, { appliesTo: TARGET, tokenType: WEB_TICKET_TOKEN });
    const answer = await ask(service, "/WebTicket/WebTicketService.svc", SOAP, body);
    if (answer.status === 200) {
      const ticket = /BinarySecurityToken[^>]*>([^<]+)</.exec(answer.body.toString())?.[1] ?? "";
      const subject = subjectOf(Buffer.from(ticket, "base64").toString());
      // Nobody but those whose honest assertion the forger holds, and that one has it inside.
      const owner = assertions.honest.find((each) => each.includes(`>${subject}<`));
      return believed(how, forged, owner !== undefined && signatureOf(forged).equals(signatureOf(owner)));
    }
    return refused(answer);
  },
};

/** Its octets, whatever white space they are written with. */
function signatureOf(xml: string): Buffer {
  return Buffer.from(/<ds:SignatureValue>([^<]*)/.exec(xml)?.[1] ?? "", "base64");
}

function subjectOf(ticket: string): string {
  return String((JSON.parse(Buffer.from(ticket.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>)["sub"]);
}

/** In a word that a peer may hear. @throws Finding */
function refused({ status, body }: HttpAnswer): Outcome {
  const text = body.toString();
  judgeText(text, `status ${status}`);
  if (/AADSTS90(02313|033)/.test(text)) throw new Finding(`something broke on a forgery: ${text.slice(0, 200)}`, text.slice(0, 1000));
  return "refused";
}

export const FORGERY_DOORS: readonly Door[] = [token, client, assertion];
