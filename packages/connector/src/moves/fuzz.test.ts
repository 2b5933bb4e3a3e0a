/** Any bytes are a file of users or one of our faults, and how they are cut into chunks changes nothing. */
import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { readUsers } from "./read-users.ts";

const SEED = 20261121;
const ROUNDS = Number(process.env["TIELINE_FUZZ_RUNS"] ?? 300);

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = [
  "SipAddress,DisplayName\r\n",
  '"UserPrincipalName";"Mail"\n',
  "#TYPE System.Object\r\n",
  "sep=;\n",
  "sip:a@x.com,Alice\r\n",
  'sip:b@x.com,"Bob, the ""builder"""\n',
  '"',
  '""',
  ",",
  ";",
  "\t",
  "\r",
  "\n",
  "\r\n",
  "\ufeff",
  "sip:",
  "@",
  "3f2504e0-4f89-11d3-9a0c-0305e82c3301@x.com",
  "日本",
  "\u0000",
  "\u200b",
];
const RAW = [[0xff, 0xfe], [0xfe, 0xff], [0xef, 0xbb, 0xbf], [0xc3], [0xe2, 0x82], [0xf6], [0x80], [0x00]];

function somefile(random: (below: number) => number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = random(30); i >= 0; i--) {
    const piece = PIECES[random(PIECES.length)] ?? "";
    parts.push(
      random(8) === 0 ? Uint8Array.from(RAW[random(RAW.length)] ?? []) : Buffer.from(piece, random(12) === 0 ? "utf16le" : "utf8"),
    );
  }
  return Buffer.concat(parts);
}

async function read(bytes: Uint8Array, cut: () => number): Promise<string> {
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < bytes.length;) {
      const size = cut();
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
  const found: string[] = [];
  const wrong: string[] = [];
  try {
    for await (const { users, findings } of readUsers(chunks(), "fuzz")) {
      for (const { line, identity } of users) found.push(`${line} ${identity}`);
      // Its line is that of the piece in which it was seen.
      for (const { line, code } of findings) if (code !== "move-file-encoding") wrong.push(`${line} ${code}`);
    }
  } catch (error) {
    if (!isFault(error) || !error.code.startsWith("move-file-")) throw error;
    return error.code;
  }
  return [...found, ...wrong].join("\n");
}

test(`${ROUNDS} files of pieces are read, or refused by a fault, the same in chunks of any size`, async () => {
  const random = numbers(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = somefile(random);
    const whole = await read(bytes, () => bytes.length);
    const shown = JSON.stringify(Buffer.from(bytes).toString("latin1"));
    expect(await read(bytes, () => 1), shown).toBe(whole);
    expect(await read(bytes, () => 1 + random(9)), shown).toBe(whole);
  }
});
