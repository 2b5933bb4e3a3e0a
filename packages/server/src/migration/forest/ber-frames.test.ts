/** What may reach the decoder of LDAP. */
import { expect, test } from "vitest";
import { BerReader, MessageParser } from "ldapts";
import { chance } from "../../directory/chance.ts";
import { BerFrames } from "./ber-frames.ts";

const octets = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");
const hexOf = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString("hex"));

/** A bind's answer, and a longer one with its length in two octets. */
const BIND = "300c0201016107 0a0100 0400 0400".replaceAll(" ", "");
const LONG = `30 82 010b 020102 65 820104 0a0104 0400 04 81fc ${"61".repeat(252)}`.replaceAll(" ", "");

test("messages whole, byte by byte, and with a tail", () => {
  expect(hexOf(new BerFrames().push(octets(BIND + LONG)))).toEqual([BIND, LONG]);
  const frames = new BerFrames();
  const found: string[] = [];
  for (const octet of octets(BIND + LONG + BIND)) found.push(...hexOf(frames.push(Uint8Array.of(octet))));
  expect(found).toEqual([BIND, LONG, BIND]);
  const tail = new BerFrames();
  expect(hexOf(tail.push(octets(BIND + LONG.slice(0, 100))))).toEqual([BIND]);
  expect(hexOf(tail.push(octets(LONG.slice(100))))).toEqual([LONG]);
});

test.each([
  ["HTTP", "485454502f312e31"],
  ["an indefinite length", "3080 0201 01 0000"],
  ["a length of five octets", "3085 0000000001 00"],
  ["17 megabytes", "3084 01100000 0201"],
  ["an element that reaches beyond its message", "3005 0201 01 6109"],
  ["one within that reaches beyond", "3008 020101 6403 0409 61"],
  ["a tag in several octets", "3005 1f81 01 0100"],
  ["half an element at the end", "3004 020101 04"],
  ["a question", "300c 020101 6007 020103 0400 8000"],
  ["an attribute whose values are no set", "3013 020101 640e 040161 3009 3007 040161 3002 0400"],
  ["an attribute whose tag says that it holds nothing", "3013 020101 640e 040161 3009 1007 040161 3102 0409"],
])("refuses %s", (_title, hex) => {
  expect(() => new BerFrames().push(octets(hex))).toThrow();
});

test("what passes is decoded to its end, whatever was done to it on the way", () => {
  const draw = chance("damaged messages");
  const entry = `3030 020102 642b 040a${"44433d6d696e69203d".padEnd(20, "0")} 301d 301b 04046d61696c 3113 0406612e40622e63 0409 ${"62".repeat(9)}`;
  const whole = [octets(BIND), octets(LONG), octets(entry)];
  let passed = 0;
  for (let round = 0; round < 3000; round += 1) {
    const damaged = Buffer.from(whole[round % whole.length] as Uint8Array);
    for (let n = draw.below(4); n > 0; n -= 1) damaged[draw.below(damaged.length)] = draw.below(256);
    let frames: Uint8Array[];
    try {
      frames = new BerFrames().push(damaged);
    } catch {
      continue;
    }
    for (const frame of frames) {
      passed += 1;
      expect(new BerReader(Buffer.from(frame)).remain).toBe(frame.length);
      const parser = new MessageParser();
      parser.on("error", () => {});
      parser.read(Buffer.from(frame), new Map());
    }
  }
  expect(passed).toBeGreaterThan(500);
});
