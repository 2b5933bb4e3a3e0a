/** SOAP: every operation of a client, damaged; and two clients on one shell. */
import { compressXpress } from "../../packages/remoting/src/wsman/xpress/frame.ts";
import { RESOURCE, type OperationName } from "@tieline/remoting/wsman";
import type { Chance } from "./chance.ts";
import { cut, damaged, honest, type Conversation } from "./conversation.ts";
import type { Door } from "./door.ts";
import { Finding, type Outcome } from "./finding.ts";
import { mutateBytes, mutateXml } from "./mutate.ts";
import type { Service } from "./service.ts";
import { envelope, judgeSoap, RESOURCE_URI, SoapClient, type Target } from "./soap.ts";

const USER = "admin@contoso.com";

/** A shell with a pipeline that waits for input, for those operations that need one. */
interface Victim {
  client: SoapClient;
  talk: Conversation;
}

/** Honest envelopes for a shell, one maker for each operation. */
const HONEST: Readonly<Record<OperationName, (chance: Chance, talk: Conversation) => Uint8Array>> = {
  identify: (chance) => envelope(chance, "identify", {}),
  create: (chance) => creation(chance, honest(chance)),
  command: (chance, talk) => {
    const other = honest(chance);
    const [first] = cut(other.rest, 32_768, 20 + chance.below(1000));
    return envelope(chance, "command", { commandId: other.pipeline, command: "Get-CsTenant", arguments: [first?.bytes ?? ""] }, on(talk));
  },
  send: (chance, talk) => {
    const stream = { name: chance.pick(["stdin", "stdin", "pr"]), bytes: chance.once(2) ? chance.bytes(60) : new Uint8Array(0) };
    return envelope(chance, "send", { streams: [{ ...stream, ...(chance.once(2) ? { commandId: talk.pipeline } : {}) }] }, on(talk));
  },
  receive: (chance, talk) =>
    envelope(chance, "receive", { streams: ["stdout"], ...(chance.once(2) ? { commandId: talk.pipeline } : {}) }, on(talk), 300),
  signal: (chance, talk) =>
    envelope(
      chance,
      "signal",
      { commandId: talk.pipeline, code: chance.pick(["powershell/signal/crtl_c", `${RESOURCE.shell}/signal/Terminate`]) },
      on(talk),
    ),
  delete: (chance, talk) => envelope(chance, "delete", {}, on(talk)),
  disconnect: (chance, talk) => envelope(chance, "disconnect", { idleTimeoutMs: 60_000 }, on(talk)),
  reconnect: (chance, talk) => envelope(chance, "reconnect", {}, on(talk)),
  connect: (chance, talk) =>
    envelope(chance, "connect", chance.once(2) ? { commandId: talk.pipeline } : { connectXml: join(talk) }, on(talk)),
  enumerate: (chance) =>
    envelope(chance, "enumerate", { optimize: true, maxElements: 5 }, { resourceUri: chance.pick([RESOURCE.shell, RESOURCE.command]) }),
  pull: (chance) => envelope(chance, "pull", { context: `uuid:${chance.guid()}`, maxElements: 5 }, { resourceUri: RESOURCE.shell }),
  release: (chance) => envelope(chance, "release", { context: `uuid:${chance.guid()}` }, { resourceUri: RESOURCE.shell }),
  get: (chance, talk) => envelope(chance, "get", {}, chance.once(2) ? { resourceUri: RESOURCE.config } : on(talk)),
};

function on(talk: Conversation): Target {
  return { shellId: talk.pool, resourceUri: RESOURCE_URI };
}

function join(talk: Conversation): Uint8Array {
  return Buffer.concat(cut(talk.opening, 32_768).map(({ bytes }) => bytes));
}

function creation(chance: Chance, talk: Conversation, compression?: string): Uint8Array {
  return envelope(
    chance,
    "create",
    { shellId: talk.pool, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"], creationXml: join(talk), name: "fuzz" },
    { options: [{ name: "protocolversion", value: "2.3", mustComply: true }], ...(compression === undefined ? {} : { compression }) },
    3000,
  );
}

async function must(client: SoapClient, body: Uint8Array, what: string): Promise<void> {
  const answer = await client.post(body);
  if (judgeSoap(answer) !== "accepted") throw new Finding(`an honest ${what} was refused`, answer.body);
}

async function victim(service: Service, chance: Chance): Promise<Victim> {
  const client = new SoapClient(service, service.login(USER));
  const talk = honest(chance);
  await must(client, creation(chance, talk), "Create");
  const [first, ...others] = cut(talk.rest, 32_768, 3);
  if (first !== undefined) {
    await must(
      client,
      envelope(chance, "command", { commandId: talk.pipeline, command: "x", arguments: [first.bytes] }, on(talk)),
      "Command",
    );
  }
  for (const { pipeline, bytes } of others) {
    const stream = { name: "stdin", bytes, ...(pipeline === undefined ? {} : { commandId: pipeline }) };
    // Its pipeline may have ended before its input came.
    judgeSoap(await client.post(envelope(chance, "send", { streams: [stream] }, on(talk))));
  }
  return { client, talk };
}

const held: Victim[] = [];

/** One damaged request; the shell behind it is used until it is gone. */
const operations: Door = {
  name: "soap",
  weight: 14,
  floor: 0.08,
  run: async (service, chance) => {
    const shell = held.pop() ?? (await victim(service, chance));
    const operation = chance.pick(Object.keys(HONEST) as OperationName[]);
    const text = Buffer.from(HONEST[operation](chance, shell.talk)).toString("utf8");
    const body = chance.once(4) ? mutateBytes(Buffer.from(text), chance) : Buffer.from(mutateXml(text, chance));
    const outcome = judgeSoap(await shell.client.post(body));
    const fine = judgeSoap(await shell.client.post(HONEST.get(chance, shell.talk)));
    if (fine === "accepted" && held.length < 8 && !chance.once(50)) held.push(shell);
    else {
      judgeSoap(await shell.client.post(envelope(chance, "delete", {}, on(shell.talk))));
      shell.client.close();
    }
    return outcome;
  },
  close: async () => {
    for (const { client } of held.splice(0)) client.close();
  },
};

/** A damaged conversation in honest envelopes, now and then compressed or a compressed bomb. */
const conversation: Door = {
  name: "psrp over wsman",
  weight: 8,
  floor: 0.35,
  run: async (service, chance) => {
    const client = new SoapClient(service, service.login(USER));
    const { talk, opening, rest } = damaged(chance);
    const compressed = chance.once(6);
    const packed = (bytes: Uint8Array): Uint8Array => (compressed ? pack(bytes, chance) : bytes);
    const target = on(talk);
    const outcomes: Outcome[] = [];
    const say = async (body: Uint8Array): Promise<boolean> => {
      const outcome = judgeSoap(await client.post(body));
      outcomes.push(outcome);
      return outcome === "accepted";
    };
    try {
      const creationXml = Buffer.concat(opening.map(({ bytes }) => bytes));
      const body = { shellId: talk.pool, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"], creationXml };
      if (!(await say(envelope(chance, "create", body, compressed ? { compression: "xpress" } : {}, 1200)))) return "refused";
      const begun = new Set<string>();
      for (const { pipeline, bytes } of rest) {
        const first = pipeline !== undefined && !begun.has(pipeline);
        if (first) begun.add(pipeline);
        const request = first
          ? envelope(chance, "command", { commandId: pipeline, command: "x", arguments: [bytes] }, target)
          : envelope(
              chance,
              "send",
              { streams: [{ name: "stdin", bytes: packed(bytes), ...(pipeline === undefined ? {} : { commandId: pipeline }) }] },
              target,
            );
        if (!(await say(request))) break;
      }
      const accepted = outcomes.every((outcome) => outcome === "accepted");
      // What it put out is looked at by the judge.
      await say(envelope(chance, "receive", { streams: ["stdout"], commandId: talk.pipeline }, target, 200));
      await say(envelope(chance, "receive", { streams: ["stdout"] }, target, 100));
      return accepted ? "accepted" : "refused";
    } finally {
      judgeSoap(await client.post(envelope(chance, "delete", {}, target)));
      client.close();
    }
  },
};

function pack(bytes: Uint8Array, chance: Chance): Uint8Array {
  switch (chance.below(4)) {
    case 0:
      return compressXpress(new Uint8Array(chance.pick([1, 65_536, 20_000_000])));
    case 1:
      return mutateBytes(compressXpress(bytes), chance);
    case 2:
      // Chunks that claim 64 KiB each and hold a byte.
      return Buffer.concat(Array.from({ length: chance.pick([1, 300, 60_000]) }, () => Uint8Array.of(0xff, 0xff, 0, 0, 0)));
    default:
      return compressXpress(bytes);
  }
}

/** Two clients ask for the same shell at the same time, the second now and then with another account. */
const twoClients: Door = {
  name: "two clients on one shell",
  weight: 2,
  floor: 0.18,
  run: async (service, chance) => {
    const one = await victim(service, chance);
    const other = new SoapClient(service, service.login(chance.once(3) ? "admin@fabrikam.com" : USER));
    const names = Object.keys(HONEST).filter((name) => name !== "create") as OperationName[];
    try {
      const bodies = Array.from({ length: 8 }, () => HONEST[chance.pick(names)](chance, one.talk));
      const answers = await Promise.all(bodies.map((body, i) => (i % 2 === 0 ? one.client : other).post(body)));
      const outcomes = answers.map(judgeSoap);
      return outcomes.filter((outcome) => outcome === "accepted").length > 4 ? "accepted" : "refused";
    } finally {
      judgeSoap(await one.client.post(envelope(chance, "delete", {}, on(one.talk))));
      one.client.close();
      other.close();
    }
  },
};

/** Deletes whatever this account still has: damaged requests open shells that nobody holds. @returns how many there were */
export async function sweep(service: Service, chance: Chance, user: string): Promise<number> {
  const client = new SoapClient(service, service.login(user));
  let swept = 0;
  try {
    for (let round = 0; round < 200; round++) {
      const answer = await client.post(
        envelope(chance, "enumerate", { optimize: true, maxElements: 100 }, { resourceUri: RESOURCE.shell }, 10_000),
      );
      judgeSoap(answer);
      const shells = [...answer.body.toString("utf8").matchAll(/<rsp:ShellId>([^<]*)<\/rsp:ShellId>.*?<rsp:ResourceUri>([^<]*)</gs)];
      if (shells.length === 0) break;
      for (const [, shellId = "", resourceUri = ""] of shells) {
        judgeSoap(await client.post(envelope(chance, "delete", {}, { shellId, resourceUri })));
        swept += 1;
      }
    }
    return swept;
  } finally {
    client.close();
  }
}

export const SOAP_DOORS: readonly Door[] = [operations, conversation, twoClients];
