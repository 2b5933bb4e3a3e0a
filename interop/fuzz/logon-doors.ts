/** Who is it, and is the seal whole: wrong, damaged and replayed tokens; sealed messages with something broken. */
import { HttpInitiator, SYSTEM_SOURCES } from "@tieline/auth";
import { openMessage, RESOURCE, sealMessage, SOAP_CONTENT_TYPE } from "@tieline/remoting/wsman";
import type { Chance } from "./chance.ts";
import type { Door } from "./door.ts";
import { Finding, type Outcome } from "./finding.ts";
import { basic, HttpWire, post, type HttpAnswer } from "./http-wire.ts";
import { stranger } from "./http-doors.ts";
import { mutateBytes } from "./mutate.ts";
import { envelope, judgeSoap } from "./soap.ts";

const ADMIN = "administrator@contoso.local";
const POOL_PATH = "/OcsPowershell";
const NOTHING = new Uint8Array(0);

const request = (authorization: string | undefined, body: Uint8Array = NOTHING, type: string = SOAP_CONTENT_TYPE): Uint8Array =>
  post(POOL_PATH, { "Content-Type": type, ...(authorization === undefined ? {} : { Authorization: authorization }) }, body);

/** Tokens that went over some connection before: replayed on others. */
const seen: string[] = [];

function initiator(user: string, password: string): HttpInitiator {
  return new HttpInitiator({
    credential: { kind: "password", user, password },
    sources: SYSTEM_SOURCES,
    secure: false,
    scheme: "Negotiate",
    targetName: "HTTP/localhost",
  });
}

function damagedToken(value: string, chance: Chance): string {
  const [scheme = "", token = ""] = value.split(" ");
  switch (chance.below(7)) {
    case 0:
      return `${scheme} ${token.slice(0, chance.below(token.length))}`;
    case 1:
      return `${chance.pick(["NTLM", "Kerberos", "Basic", "Bearer", "CredSSP", "Digest", "", "negotiate"])} ${token}`;
    case 2:
      return `${scheme} ${token}, ${scheme} ${token}`;
    case 3:
      return `${scheme} ${Buffer.from(chance.bytes(chance.pick([0, 1, 40, 3000]))).toString("base64")}`;
    default:
      return `${scheme} ${Buffer.from(mutateBytes(Buffer.from(token, "base64"), chance)).toString("base64")}`;
  }
}

/** The bytes of the token, however they are dressed. */
function tokenOf(value: string): string {
  return Buffer.from(value.split(/[ ,]/)[1] ?? "", "base64").toString("hex");
}

/** The message of NTLM in a token of our client's: to the end, or to the MIC of the list of mechanisms behind it. */
function ntlmOf(value: string): string {
  const token = tokenOf(value);
  const [dressed] = token.split(/a3120410.{32}$/);
  return (dressed ?? token).slice(token.indexOf(Buffer.from("NTLMSSP\0").toString("hex")));
}

async function answerOf(wire: HttpWire): Promise<HttpAnswer> {
  const answer = await wire.answer();
  if (answer === undefined) throw new Finding("the connection was closed instead of an answer to a logon");
  return answer;
}

/** A Negotiate logon with a damaged, foreign or replayed token in one of its rounds. Nobody may get in that way. */
const negotiate: Door = {
  name: "logon by Negotiate",
  weight: 4,
  floor: 0.15,
  run: async (service, chance) => {
    const { password } = service.login(ADMIN);
    const secure = chance.once(3);
    const line = await HttpWire.open({
      port: service.port(secure ? "pool-https" : "pool-http"),
      authority: secure ? service.authority : undefined,
      from: stranger(chance),
    });
    const wrongPassword = chance.once(8);
    const client = initiator(wrongPassword ? `nobody-${chance.guid()}` : ADMIN, wrongPassword ? "wrong" : password);
    const at = chance.below(3);
    let damaged = wrongPassword;
    try {
      let value: string | undefined = await client.start();
      for (let round = 0; value !== undefined && round < 4; round++) {
        let sent: string = value;
        if (round === at) sent = chance.once(4) && seen.length > 0 ? chance.pick(seen) : damagedToken(value, chance);
        // The MIC covers all three messages of NTLM: whatever was changed in them, nobody gets in.
        damaged ||= !tokenOf(sent).includes(ntlmOf(value));
        if (seen.length < 200) seen.push(value);
        line.write(request(sent));
        const answer = await answerOf(line);
        const outcome = judgeSoap(answer);
        if (outcome === "accepted") {
          if (damaged) throw new Finding("a wrong, changed or replayed token was let in", sent);
          return "accepted";
        }
        if (answer.status !== 401 && answer.status !== 400) return "refused";
        try {
          value = await client.respond(answer.challenges);
        } catch {
          return "refused";
        }
        if (!line.open) return "refused";
      }
      return "refused";
    } finally {
      line.destroy();
    }
  },
};

/** Basic with names and passwords that are none. */
const password: Door = {
  name: "logon by Basic",
  weight: 1,
  floor: 0,
  run: async (service, chance) => {
    const wire = await HttpWire.open({ port: service.port("online-https"), authority: service.authority, from: stranger(chance) });
    const name = chance.pick([
      () => Buffer.from(chance.bytes(chance.below(2000))).toString("latin1"),
      () => `admin${chance.below(1e6)}@contoso.com`,
      () => "",
      () => "\0:",
    ])();
    const value = chance.pick([
      () => basic(name, Buffer.from(chance.bytes(chance.pick([0, 20, 5000]))).toString("latin1")),
      () => `Basic ${Buffer.from(chance.bytes(chance.below(100))).toString("base64")}`,
      () => `Basic ${Buffer.from(name.replaceAll(":", "")).toString("base64")}`,
      () => `Bearer ${Buffer.from(chance.bytes(100)).toString("base64url")}`,
      () => `Bearer eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"admin"}').toString("base64url")}.`,
      () => `Digest username="admin", realm="a", nonce=${"a".repeat(chance.pick([1, 9000]))}`,
    ])();
    try {
      wire.write(
        post(
          "/OcsPowershellLiveId",
          { "Content-Type": SOAP_CONTENT_TYPE, Authorization: value },
          envelope(chance, "get", {}, { resourceUri: RESOURCE.config }),
        ),
      );
      const answer = await answerOf(wire);
      if (judgeSoap(answer) === "accepted") throw new Finding("a wrong password was let in", value);
      return "refused";
    } finally {
      wire.destroy();
    }
  },
};

/** A logon in order, then sealed requests: some whole, one of them broken, repeated, or without its seal. */
const seals: Door = {
  name: "sealed messages",
  weight: 5,
  floor: 0.1,
  run: async (service, chance) => {
    const { password: secret } = service.login(ADMIN);
    const wire = await HttpWire.open({ port: service.port("pool-http"), from: stranger(chance) });
    try {
      const client = initiator(ADMIN, secret);
      let value: string | undefined = await client.start();
      while (value !== undefined) {
        wire.write(request(value));
        const answer = await answerOf(wire);
        if (answer.status === 200) {
          await client.complete(answer.challenges);
          value = undefined;
        } else value = await client.respond(answer.challenges);
      }
      const context = client.context();
      if (context === undefined) throw new Finding("a logon without a seal");
      const sealed = (): { contentType: string; body: Uint8Array } =>
        sealMessage(envelope(chance, "get", {}, { resourceUri: RESOURCE.config }), "spnego", context);
      for (let i = chance.below(3); i > 0; i--) {
        const { contentType, body } = sealed();
        wire.write(request(undefined, body, contentType));
        const answer = await answerOf(wire);
        const inside = openMessage(answer.headers["content-type"] ?? "", answer.body, context);
        if (answer.status !== 200) throw new Finding("an honest sealed message was refused", inside);
      }
      return await broken(wire, sealed(), sealed, chance, context);
    } finally {
      wire.destroy();
    }
  },
};

async function broken(
  wire: HttpWire,
  { contentType, body }: { contentType: string; body: Uint8Array },
  next: () => { contentType: string; body: Uint8Array },
  chance: Chance,
  context: Parameters<typeof openMessage>[2],
): Promise<Outcome> {
  const way = chance.below(6);
  const damaged = mutateBytes(body, chance);
  if (way === 0)
    wire.write(
      request(
        undefined,
        body,
        chance.pick([
          SOAP_CONTENT_TYPE,
          "multipart/encrypted",
          contentType.replace("SPNEGO", "CredSSP"),
          contentType.replace("Encrypted Boundary", "x"),
        ]),
      ),
    );
  else if (way === 1) wire.write(request(undefined, envelope(chance, "get", {}, { resourceUri: RESOURCE.config })));
  else if (way === 2) wire.write(Buffer.concat([request(undefined, body, contentType), request(undefined, body, contentType)]));
  else if (way === 3) {
    const later = next();
    wire.write(request(undefined, later.body, later.contentType));
  } else wire.write(request(undefined, damaged, contentType));
  const answer = await wire.answer();
  if (answer === undefined) return "refused";
  if (way !== 2) return opened(answer, context);
  const first = opened(answer, context);
  const second = await wire.answer();
  if (second?.status === 200) throw new Finding("a sealed message was taken twice", second.body);
  return first;
}

/** Under a seal comes an answer, without one a refusal of HTTP. */
function opened(answer: HttpAnswer, context: Parameters<typeof openMessage>[2]): Outcome {
  const type = answer.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return judgeSoap(answer);
  const body = Buffer.from(openMessage(type, answer.body, context));
  return judgeSoap({ ...answer, headers: { ...answer.headers, "content-type": SOAP_CONTENT_TYPE }, body });
}

export const LOGON_DOORS: readonly Door[] = [negotiate, password, seals];
