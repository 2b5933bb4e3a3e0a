/** The out-of-process framing over a Unix socket and over SSH: damaged packets, damaged conversations in honest packets, vanishing ends. */
import { setTimeout as pause } from "node:timers/promises";
import { Dialler } from "@tieline/net";
import { connectSocket } from "../../packages/remoting/src/edge/socket.ts";
import { connectSsh } from "../../packages/remoting/src/edge/ssh-client.ts";
import type { ByteLink } from "../../packages/remoting/src/edge/byte-link.ts";
import { serializePacket, SESSION, type Packet } from "../../packages/remoting/src/process/packet.ts";
import type { Chance } from "./chance.ts";
import { cut, damaged, honest } from "./conversation.ts";
import type { Door } from "./door.ts";
import { Finding, inTime, judgeText, type Outcome } from "./finding.ts";
import { mutateBytes } from "./mutate.ts";
import type { Service } from "./service.ts";
import type { Piece } from "./conversation.ts";

const USER = "admin@contoso.com";
/** From the last byte sent to the end of the link. */
const END_LIMIT_MS = 20_000;
const REFUSAL = "__NamedPipeError__:";

type Open = (service: Service, chance: Chance) => Promise<ByteLink>;

const overSocket: Open = (service) => connectSocket(service.socket(USER));

const overSsh: Open = (service) => {
  const { user, password } = service.login(USER);
  const hostKey = { fingerprint: service.facts.sshFingerprint as string };
  return connectSsh({ host: "127.0.0.1", port: service.port("online-ssh"), user, password, hostKey, dialler: new Dialler() });
};

function packets(opening: readonly Piece[], rest: readonly Piece[]): Packet[] {
  const data = ({ pipeline, bytes }: Piece): Packet => ({ element: "Data", id: pipeline ?? SESSION, stream: "default", bytes });
  const begun = new Set<string>();
  return [
    ...opening.map(data),
    ...rest.flatMap((piece): Packet[] => {
      const { pipeline } = piece;
      if (pipeline === undefined || begun.has(pipeline)) return [data(piece)];
      begun.add(pipeline);
      return [{ element: "Command", id: pipeline }, data(piece)];
    }),
  ];
}

const PACKET_WAYS: readonly ((lines: Uint8Array[], at: number, chance: Chance) => void)[] = [
  (lines, at, chance) => (lines[at] = mutateBytes(lines[at] as Uint8Array, chance)),
  (lines, at) => lines.splice(at, 1),
  (lines, at) => lines.splice(at, 0, lines[at] as Uint8Array),
  (lines, at, chance) => lines.splice(chance.below(lines.length), 0, ...lines.splice(at, 1)),
  (lines, at, chance) => lines.splice(at, 0, Buffer.from(chance.pick(LINES))),
  (lines, at, chance) =>
    lines.splice(
      at,
      0,
      Buffer.from(`<${chance.pick(["DataAck", "CommandAck", "CloseAck", "Close", "Signal", "Command"])} PSGuid='${chance.guid()}' />\n`),
    ),
  (lines, at, chance) =>
    lines.splice(
      at,
      0,
      Buffer.from(`<Data Stream='Default' PSGuid='${SESSION}'>${"A".repeat(chance.pick([3, 4, 400_000, 5_000_000]))}</Data>\n`),
    ),
  (lines, at, chance) => lines.splice(at, 0, Buffer.from("x".repeat(chance.pick([1, 5_000_000])))),
];
const LINES = ["\n", "\r\n", "\0\n", "<\n", "<Data\n", "<Data/>\n", "<Data></Data>\n", "hello\n", `<Close PSGuid='${SESSION}' />\n`, `<Signal PSGuid='${SESSION}' />\n`, `<Command PSGuid='${SESSION}' />\n`, "<!DOCTYPE a>\n", "<X PSGuid='' />\n", `<Data Stream='Pr' PSGuid='${SESSION}'>AAAA</Data>\n`, "<Data PSGuid='{}' Stream=\"Default\"/>\n"]; // prettier-ignore

/** Says all of it, then goes; what came back is judged. */
async function exchange(link: ByteLink, lines: readonly Uint8Array[], chance: Chance): Promise<Outcome> {
  let heard = "";
  const reading = (async () => {
    for await (const chunk of link.input) heard += Buffer.from(chunk).toString("latin1");
  })();
  try {
    for (const line of lines)
      await inTime(
        link.write(line).catch(() => undefined),
        END_LIMIT_MS,
        "writing to the link",
      );
    if (chance.once(5)) {
      link.destroy();
      return "accepted";
    }
    // Time for what is asked to be answered; a refusal ends the link earlier.
    await Promise.race([reading, pause(chance.pick([5, 30, 80]))]);
    const ended = inTime(reading, END_LIMIT_MS, "the end of a link whose client has gone");
    await inTime(link.close(), END_LIMIT_MS, "closing a link");
    await ended;
    return judgeLines(heard);
  } finally {
    link.destroy();
  }
}

const DEFECT = /internal error|TypeError|RangeError|\bat [\w.<>]+ \(|node:internal/;

function judgeLines(heard: string): Outcome {
  let refused = false;
  const lines = heard.split("\n");
  // What is behind the last line end was cut off by our own leaving.
  for (const line of lines.slice(0, -1)) {
    if (line.startsWith(REFUSAL)) {
      refused = true;
      if (line.length === REFUSAL.length) throw new Finding("a link was ended without a reason");
      judgeText(line, "a link's last line");
    } else if (line.startsWith("<Data ")) {
      const inside = Buffer.from(line.slice(line.indexOf(">") + 1, line.lastIndexOf("<")), "base64").toString("latin1");
      const found = DEFECT.exec(inside);
      if (found !== null) throw new Finding(`a packet shows "${found[0]}"`, inside.slice(0, 3000));
      // A pool that is broken, or a pipeline that failed or was stopped.
      refused ||= /"RunspaceState">5<|"PipelineState">[35]</.test(inside);
    } else if (!/^<\w+ PSGuid='[0-9a-f-]{36}' \/>$/.test(line)) throw new Finding("a line that is no packet", line.slice(0, 500));
  }
  return refused ? "refused" : "accepted";
}

function framing(open: Open): Door["run"] {
  return async (service, chance) => {
    const talk = honest(chance);
    const lines = packets(cut(talk.opening, 32_768), cut(talk.rest, 32_768, 3)).map(serializePacket);
    if (chance.once(2))
      lines.push(serializePacket({ element: "Close", id: talk.pipeline }), serializePacket({ element: "Close", id: SESSION }));
    for (let times = 1 + chance.below(2); times > 0 && lines.length > 0; times--)
      chance.pick(PACKET_WAYS)(lines, chance.below(lines.length), chance);
    return exchange(await open(service, chance), lines, chance);
  };
}

function conversation(open: Open): Door["run"] {
  return async (service, chance) => {
    const { opening, rest } = damaged(chance);
    return exchange(await open(service, chance), packets(opening, rest).map(serializePacket), chance);
  };
}

/** Names and passwords that are none; and a subsystem that is not there. */
const sshLogon: Door["run"] = async (service, chance) => {
  const { user, password } = service.login(USER);
  const hostKey = { fingerprint: service.facts.sshFingerprint as string };
  const wrong = chance.once(2);
  const attempt = connectSsh({
    host: "127.0.0.1",
    port: service.port("online-ssh"),
    user: wrong ? `nobody-${chance.guid()}` : user,
    password: wrong ? Buffer.from(chance.bytes(chance.pick([0, 8, 3000]))).toString("latin1") : password,
    ...(wrong ? {} : { subsystem: Buffer.from(chance.bytes(chance.below(300))).toString("latin1") }),
    hostKey,
    dialler: new Dialler(),
  });
  const link = await inTime(
    attempt.catch(() => undefined),
    END_LIMIT_MS,
    "a logon over SSH",
  );
  link?.destroy();
  return link === undefined ? "refused" : "accepted";
};

export const LINK_DOORS: readonly Door[] = [
  { name: "framing over a socket", weight: 8, floor: 0.1, run: framing(overSocket) },
  { name: "psrp over a socket", weight: 10, floor: 0.1, run: conversation(overSocket) },
  { name: "framing over ssh", weight: 2, floor: 0.05, run: framing(overSsh) },
  { name: "psrp over ssh", weight: 2, floor: 0.05, run: conversation(overSsh) },
  { name: "logon over ssh", weight: 1, floor: 0, run: sshLogon },
];
