/**
 * Guessing passwords at a running lab, at all its doors together: the token endpoint, WS-Trust, Basic at the PowerShell
 * endpoint, and SSH. First against one account, then spread over accounts and addresses. None is let in, most are not even
 * looked at, and the account's owner signs in from where he did before, all the while.
 *
 *     TIELINE_GUESSES=20000 npm run interop brute-force
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { Client } from "ssh2";
import { serializeIssueRequest, SAML_11_TOKEN } from "@tieline/auth";
import { RESOURCE, SOAP_CONTENT_TYPE, Caller } from "@tieline/remoting/wsman";
import { cases, type Driver } from "./driver.ts";
import { basic, HttpWire, post } from "./fuzz/http-wire.ts";
import { Service } from "./fuzz/service.ts";

const GUESSES = Number(process.env["TIELINE_GUESSES"] ?? 4000);
const AT_A_TIME = 32;
const PUBLIC = "1950a258-227b-4e31-a9cf-717495945fc2";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const TICKETS = "https://admin0a.online.lync.com/WebTicket/WebTicketService.svc";
const OWNER = "admin@contoso.com";
const HOME = "127.0.0.1";

/** What became of a guess: let in, refused after the password was hashed, or before that. */
type Answer = "in" | "hashed" | "unlooked";
type Guess = (service: Service, user: string, password: string, from: string) => Promise<Answer>;

const DOORS: Readonly<Record<string, Guess>> = {
  "token endpoint": async (service, user, password, from) => {
    const form = new URLSearchParams({ grant_type: "password", client_id: PUBLIC, resource: TARGET, username: user, password });
    const said = await send(service, from, "/common/oauth2/token", "application/x-www-form-urlencoded", form.toString());
    return byCode(said, /"access_token"/);
  },
  "WS-Trust": async (service, user, password, from) => {
    const now = Date.now();
    const body = serializeIssueRequest({
      version: "1.3",
      soap: "1.2",
      to: "https://login.online.lync.com/RST2.srf",
      messageId: "urn:uuid:1",
      createdMs: now,
      expiresMs: now + 300_000,
      requestor: { kind: "password", user, password },
      appliesTo: TICKETS,
      tokenType: SAML_11_TOKEN,
    });
    return byCode(await send(service, from, "/RST2.srf", "application/soap+xml; charset=utf-8", body), /AssertionID=/);
  },
  Basic: async (service, user, password, from) => {
    const caller = new Caller({ uri: TARGET, newId: () => crypto.randomUUID(), operationTimeoutMs: 20_000 });
    const body = Buffer.from(caller.encode("get", {}, { resourceUri: RESOURCE.config }));
    const said = await send(service, from, "/OcsPowershellLiveId", SOAP_CONTENT_TYPE, body, basic(user, password));
    if (said.status === 200) return "in";
    return /is locked for another|are refused for another/.test(said.text) ? "unlooked" : "hashed";
  },
  SSH: (service, user, password, from) =>
    new Promise((resolve, reject) => {
      const client = new Client();
      const end = (answer: Answer): void => {
        client.end();
        resolve(answer);
      };
      client.on("ready", () => end("in"));
      // A wrong password is refused in the protocol's words; where nothing is looked at, the connection is closed.
      client.on("error", (error: Error & { level?: string }) => (error.level === "client-authentication" ? end("hashed") : reject(error)));
      client.on("close", () => end("unlooked"));
      const sock = connect({ host: "127.0.0.1", port: service.port("online-ssh"), localAddress: from });
      client.connect({ sock, username: user, password, tryKeyboard: false, readyTimeout: 60_000 });
    }),
};

interface Tally {
  in: number;
  hashed: number;
  unlooked: number;
}

async function run() {
  await using service = await Service.start();
  const owner = service.login(OWNER);
  const others = Object.keys(service.facts.passwords).filter((user) => /@(contoso|fabrikam)\.com$/.test(user) && user !== OWNER);
  const doors = Object.entries(DOORS);
  const signIn = async (): Promise<void> => {
    for (const [name, door] of doors) assert.equal(await door(service, owner.user, owner.password, HOME), "in", `the owner by ${name}`);
  };

  /** So many guesses, each by the next door; the owner signs in at the beginning, in the middle and at the end. */
  const attack = async (user: (i: number) => string, from: (i: number) => string): Promise<void> => {
    await signIn();
    const tally: Tally = { in: 0, hashed: 0, unlooked: 0 };
    let next = 0;
    let owners = 1;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < GUESSES; i = next++) {
        if (i === Math.floor(GUESSES / 2)) {
          await signIn();
          owners += 1;
        }
        const [, door] = doors[i % doors.length] as (typeof doors)[number];
        tally[await door(service, user(i), `guess ${i}`, from(i))] += 1;
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    await signIn();
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `          ${GUESSES} guesses in ${seconds.toFixed(0)} s: ${tally.in} accepted, ${tally.hashed} hashed, ${tally.unlooked} refused before the hash; ` +
        `the owner signed in ${owners + 1} times by each of ${doors.length} doors`,
    );
    assert.equal(tally.in, 0);
    assert.ok(tally.unlooked > tally.hashed);
  };
  return await cases(
    [
      [
        "at one account, from 1,000 addresses, by every door",
        () =>
          attack(
            () => OWNER,
            (i) => `127.1.${Math.floor(i / 250) % 4}.${1 + (i % 250)}`,
          ),
      ],
      [
        "at 50 accounts, from 1,000 addresses, by every door",
        () =>
          attack(
            (i) => others[i % 50] ?? `somebody${i % 50}@contoso.com`,
            (i) => `127.2.${Math.floor(i / 250) % 4}.${1 + (i % 250)}`,
          ),
      ],
      [
        "the right password during the lock is answered as a wrong one",
        async () => {
          const { token, trust } = { token: DOORS["token endpoint"] as Guess, trust: DOORS["WS-Trust"] as Guess };
          for (let i = 0; i < 12; i += 1) await token(service, OWNER, `again ${i}`, "127.3.0.1");
          assert.equal(await token(service, OWNER, owner.password, "127.3.0.2"), "unlooked");
          assert.equal(await trust(service, OWNER, owner.password, "127.3.0.3"), "unlooked");
          assert.equal(await token(service, OWNER, "wrong", "127.3.0.4"), "unlooked");
          await signIn();
        },
      ],
    ],
    600_000,
  );
}

interface Said {
  status: number;
  text: string;
}

async function send(
  service: Service,
  from: string,
  path: string,
  type: string,
  body: string | Uint8Array,
  authorization?: string,
): Promise<Said> {
  const wire = await HttpWire.open({ port: service.port("online-https"), authority: service.authority, from });
  try {
    const headers = {
      Host: "login.online.lync.com",
      "Content-Type": type,
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    };
    wire.write(post(path, headers, Buffer.from(body)));
    const answer = await wire.answer();
    if (answer === undefined) throw new Error("no answer");
    return { status: answer.status, text: answer.body.toString() };
  } finally {
    wire.destroy();
  }
}

function byCode({ status, text }: Said, good: RegExp): Answer {
  if (status === 200 && good.test(text)) return "in";
  if (text.includes("AADSTS50053")) return "unlooked";
  if (/AADSTS(50126|50034)/.test(text)) return "hashed";
  throw new Error(`${status} ${text.slice(0, 300)}`);
}

export const driver: Driver = { name: "brute force", needs: () => undefined, run };
