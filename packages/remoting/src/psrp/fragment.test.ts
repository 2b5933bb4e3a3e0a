import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { Fragmenter, FRAGMENT_HEADER_LENGTH, Reassembler, type ReassemblerOptions } from "./fragment.ts";

const SERVER: ReassemblerOptions = { side: "client computer", maxObjectSize: 1_000_000 };
const CLIENT: ReassemblerOptions = { side: "server", maxObjectSize: 1_000_000, anyFirstFragment: true };

/** A fragment written by hand. */
function fragment(objectId: bigint, fragmentId: bigint, flags: number, blob: string | Uint8Array, length?: number): Uint8Array {
  const bytes = typeof blob === "string" ? new TextEncoder().encode(blob) : blob;
  const out = new Uint8Array(FRAGMENT_HEADER_LENGTH + bytes.length);
  const view = new DataView(out.buffer);
  view.setBigInt64(0, objectId);
  view.setBigInt64(8, fragmentId);
  view.setUint8(16, flags);
  view.setUint32(17, length ?? bytes.length);
  out.set(bytes, FRAGMENT_HEADER_LENGTH);
  return out;
}

/** What a reassembler makes of these chunks: messages as text, and the code of the fault that ended it. */
function reassemble(
  chunks: readonly Uint8Array[],
  options: ReassemblerOptions = SERVER,
): { messages: string[]; fault: string | undefined } {
  const reassembler = new Reassembler(options);
  const messages: string[] = [];
  try {
    for (const chunk of chunks) reassembler.push(chunk, (message) => messages.push(new TextDecoder().decode(message)));
  } catch (error) {
    if (!isFault(error)) throw error;
    return { messages, fault: error.code };
  }
  return { messages, fault: undefined };
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function fragmentsOf(objectId: bigint, message: Uint8Array, size: number): Uint8Array[] {
  const cutter = new Fragmenter(objectId, message);
  const all: Uint8Array[] = [];
  for (let next = cutter.next(size); next !== undefined; next = cutter.next(size)) all.push(next);
  return all;
}

describe("cutting ([MS-PSRP] 2.2.4)", () => {
  it("puts object, fragment, flags and length big-endian before the blob", () => {
    const [only] = fragmentsOf(258n, Uint8Array.of(7, 8), 100);
    expect([...(only ?? [])]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2, 7, 8]);
  });

  it.each([
    [1, [[1, 3]]],
    [11, [[11, 3]]],
    [
      12,
      [
        [11, 1],
        [1, 2],
      ],
    ],
    [
      33,
      [
        [11, 1],
        [11, 0],
        [11, 2],
      ],
    ],
    [0, [[0, 3]]],
  ])("of %i bytes at a size of 32 gives the lengths and flags %j", (length, expected) => {
    const parts = fragmentsOf(9n, new Uint8Array(length), 32);
    expect(parts.map((part) => [new DataView(part.buffer, part.byteOffset).getUint32(17), part[16]])).toEqual(expected);
    expect(parts.map((part) => Number(new DataView(part.buffer, part.byteOffset).getBigUint64(8)))).toEqual(expected.map((_, i) => i));
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(32);
  });

  it("follows a fragment size that changes on the way", () => {
    const cutter = new Fragmenter(1n, new Uint8Array(100));
    expect([cutter.next(31)?.length, cutter.next(61)?.length, cutter.next(1000)?.length, cutter.next(1000)]).toEqual([
      31,
      61,
      71,
      undefined,
    ]);
  });

  it("makes headway at any size", () => {
    expect(fragmentsOf(1n, new Uint8Array(3), 0)).toHaveLength(3);
  });
});

describe("reassembly ([MS-PSRP] 3.1.5.1.2)", () => {
  const long = "abcdefghij".repeat(50);
  const stream = [
    ...fragmentsOf(3n, new TextEncoder().encode("first"), 100),
    ...fragmentsOf(70n, new TextEncoder().encode(long), 64),
    ...fragmentsOf(71n, new Uint8Array(0), 64),
    ...fragmentsOf(4n, new TextEncoder().encode("last"), 22),
  ];
  const bytes = concat(...stream);

  it.each([
    ["whole", [bytes]],
    ["fragment by fragment", stream],
    ["byte by byte", Array.from(bytes, (byte) => Uint8Array.of(byte))],
    ["with the beginning of a further one", [bytes, bytes.subarray(0, 40)]],
  ])("gives the messages in order, the stream %s; ids need not begin at 1", (_, chunks) => {
    expect(reassemble(chunks).messages.slice(0, 4)).toEqual(["first", long, "", "last"]);
  });

  it("is idle between messages only", () => {
    const reassembler = new Reassembler(SERVER);
    expect(reassembler.idle).toBe(true);
    reassembler.push(fragment(1n, 0n, 1, "a"), () => undefined);
    expect(reassembler.idle).toBe(false);
    reassembler.push(fragment(1n, 1n, 2, "b"), () => undefined);
    expect(reassembler.idle).toBe(true);
    reassembler.push(Uint8Array.of(0), () => undefined);
    expect(reassembler.idle).toBe(false);
  });

  it("takes no memory for what a header only announces", () => {
    const reassembler = new Reassembler({ side: "server", maxObjectSize: 2 ** 31 });
    const before = process.memoryUsage().arrayBuffers;
    reassembler.push(fragment(1n, 0n, 1, "x", 0x7000_0000), () => undefined);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });
});

describe("a stream that was taken up again ([MS-PSRP] 3.1.5.3.22)", () => {
  it.each([
    [
      "in the middle of an object that was begun before",
      [fragment(1n, 0n, 1, "lost")],
      [fragment(1n, 5n, 0, "x"), fragment(1n, 6n, 2, "x")],
    ],
    ["in the middle of an object that was not", [], [fragment(9n, 5n, 0, "x"), fragment(9n, 6n, 2, "x")]],
    ["with the end of an object", [], [fragment(9n, 6n, 2, "x")]],
    ["with whole objects", [], []],
  ])("is followed from the next object on, where it goes on %s", (_, before, after) => {
    const reassembler = new Reassembler(CLIENT);
    const messages: string[] = [];
    const push = (bytes: Uint8Array): void => reassembler.push(bytes, (message) => messages.push(new TextDecoder().decode(message)));
    before.forEach(push);
    reassembler.resume();
    push(concat(...after, fragment(20n, 0n, 1, "wh"), fragment(20n, 1n, 2, "ole")));
    expect(messages).toEqual(["whole"]);
    expect(() => push(fragment(20n, 5n, 2, "x"))).toThrow("Unexpected ObjectId");
  });

  it("loses nothing where it goes on where it was", () => {
    const reassembler = new Reassembler(CLIENT);
    const messages: string[] = [];
    const push = (bytes: Uint8Array): void => reassembler.push(bytes, (message) => messages.push(new TextDecoder().decode(message)));
    push(fragment(1n, 0n, 1, "ke"));
    reassembler.resume();
    push(fragment(1n, 1n, 2, "pt"));
    expect(messages).toEqual(["kept"]);
  });
});

describe("refusals at the server", () => {
  it.each([
    ["an object 0", [fragment(0n, 0n, 3, "x")], "fragment-object-id"],
    ["a negative object", [fragment(-1n, 0n, 3, "x")], "fragment-object-id"],
    ["a first fragment without start flag", [fragment(1n, 0n, 2, "x")], "fragment-object-mismatch"],
    ["a first fragment that is not 0", [fragment(1n, 1n, 3, "x")], "fragment-sequence"],
    ["a fragment of another object", [fragment(1n, 0n, 1, "x"), fragment(2n, 1n, 2, "y")], "fragment-object-mismatch"],
    ["an object within an object", [fragment(1n, 0n, 1, "x"), fragment(2n, 0n, 3, "y")], "fragment-object-mismatch"],
    ["a fragment left out", [fragment(1n, 0n, 1, "x"), fragment(1n, 2n, 2, "y")], "fragment-sequence"],
    ["a fragment twice", [fragment(1n, 0n, 1, "x"), fragment(1n, 1n, 0, "y"), fragment(1n, 1n, 2, "y")], "fragment-sequence"],
    ["fragments in reverse", [fragment(1n, 1n, 2, "y"), fragment(1n, 0n, 1, "x")], "fragment-object-mismatch"],
    ["a negative length", [fragment(1n, 0n, 3, "x", 0xffff_ffff)], "fragment-length"],
    ["an object over the limit", [fragment(1n, 0n, 3, "x", 2_000_000)], "object-too-large"],
  ])("%s", (_, chunks, fault) => {
    expect(reassemble(chunks)).toEqual({ messages: [], fault });
    expect(reassemble([concat(...chunks)])).toEqual({ messages: [], fault });
  });

  it("counts the whole object against its limit, headers included, and names both in the fault", () => {
    const reassembler = new Reassembler({ ...SERVER, maxObjectSize: 100 });
    reassembler.push(fragment(1n, 0n, 1, "x".repeat(29)), () => undefined);
    expect(() => reassembler.push(fragment(1n, 1n, 2, "x".repeat(30)), () => undefined)).toThrow(
      "The current deserialized object size of the data received from the remote client computer exceeded the allowed maximum object size. The current deserialized object size is 101. The allowed maximum object size is 100.",
    );
  });

  it("counts all objects against the limit of the stream", () => {
    const one = fragment(1n, 0n, 3, "x".repeat(29));
    expect(reassemble([one, one, one], { ...SERVER, maxTotalSize: 149 })).toMatchObject({ fault: "command-data-too-large" });
    expect(reassemble([one, one, one], { ...SERVER, maxTotalSize: 150 }).messages).toHaveLength(3);
  });

  it("delivers what came before the wrong fragment", () => {
    expect(reassemble([concat(fragment(1n, 0n, 3, "good"), fragment(0n, 0n, 3, "bad"))])).toEqual({
      messages: ["good"],
      fault: "fragment-object-id",
    });
  });
});

describe("the client, as PowerShell's (process.md section 3)", () => {
  it.each([
    ["takes a first fragment of any number", [fragment(1n, 1n, 3, "x")], { messages: ["x"], fault: undefined }],
    ["waits for a fragment that is too short", [fragment(1n, 0n, 3, "x", 50)], { messages: [], fault: undefined }],
    [
      "begins anew where an object begins within an object",
      [fragment(1n, 0n, 1, "x"), fragment(2n, 0n, 3, "y")],
      { messages: ["y"], fault: undefined },
    ],
    ["refuses an object 0", [fragment(0n, 0n, 3, "x")], { messages: [], fault: "fragment-object-id" }],
    ["refuses an object without start", [fragment(1n, 0n, 2, "x")], { messages: [], fault: "fragment-object-mismatch" }],
  ])("%s", (_, chunks, expected) => {
    expect(reassemble(chunks, CLIENT)).toEqual(expected);
  });
});
