import { Fault } from "@tieline/fault";
import { expect, test } from "vitest";
import { openMessage, sealMessage, sealProtocolOf, type Sealer, type SealProtocol } from "./encryption.ts";

/** Turns the bytes over; the header counts. */
const FLIP: Sealer = {
  wrap: (plain) => ({ header: Buffer.alloc(16, 1), body: plain.map((byte) => byte ^ 0xff) }),
  unwrap: (_, body) => body.map((byte) => byte ^ 0xff),
};
const TEXT = Buffer.from("<s:Envelope>--Encrypted Boundary\u00fc</s:Envelope>");
const TYPE = `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"`;

function open(message: Uint8Array | string, type = TYPE): string {
  return Buffer.from(openMessage(type, typeof message === "string" ? Buffer.from(message, "latin1") : message, FLIP)).toString();
}

function sealedText(): string {
  return Buffer.from(sealMessage(TEXT, "spnego", FLIP).body).toString("latin1");
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return "accepted";
}

test.each(["spnego", "kerberos", "credssp"] as const satisfies SealProtocol[])(
  "a message sealed for %s opens, [MS-WSMV] 2.2.9.1",
  (protocol) => {
    const { contentType, body } = sealMessage(TEXT, protocol, FLIP);
    expect(sealProtocolOf(contentType)).toBe(protocol);
    expect(open(body, contentType)).toBe(TEXT.toString());
  },
);

test("it is framed as Windows frames it", () => {
  const text = sealedText();
  const head =
    "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n" +
    `\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=${TEXT.length}\r\n` +
    "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x10\0\0\0";
  expect(text.startsWith(head)).toBe(true);
  expect(text.endsWith("--Encrypted Boundary--\r\n")).toBe(true);
});

test.each([
  ["without tabs", (text: string) => text.replaceAll("\t", "")],
  [
    "with a space before the boundary, as Exchange has it",
    (text: string) => text.replaceAll(/--Encrypted Boundary(?=\r|--\r)/g, "-- Encrypted Boundary"),
  ],
  ["with bare line feeds", (text: string) => text.replaceAll("\r\n", "\n")],
  [
    "with names in lower case",
    (text: string) => text.replace("OriginalContent", "originalcontent").replaceAll("Content-Type", "content-type"),
  ],
])("a message %s opens", (_, change) => {
  expect(open(change(sealedText()))).toBe(TEXT.toString());
});

test.each([
  ["no boundary named", `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted"`],
  ["no quotes", `multipart/encrypted; protocol=application/HTTP-SPNEGO-session-encrypted; boundary=Encrypted Boundary`],
  ["capitals", TYPE.toUpperCase().replace("ENCRYPTED BOUNDARY", "Encrypted Boundary")],
])("a content type with %s announces one", (_, type) => {
  expect(open(sealedText(), type)).toBe(TEXT.toString());
});

test("NULs behind the envelope are dropped, and Length counts them", () => {
  const { body } = sealMessage(Buffer.concat([TEXT, Buffer.alloc(9)]), "spnego", FLIP);
  expect(open(body)).toBe(TEXT.toString());
});

test("a wrap that adds padding opens: Kerberos", () => {
  const padding: Sealer = {
    wrap: (plain) => ({ header: Buffer.alloc(60), body: Buffer.concat([plain, Buffer.alloc(13)]) }),
    unwrap: (_, body) => body.subarray(0, -13),
  };
  const { contentType, body } = sealMessage(TEXT, "kerberos", padding);
  expect(Buffer.from(openMessage(contentType, body, padding)).toString()).toBe(TEXT.toString());
});

test("several chunks open in order: CredSSP beyond 16 KiB", () => {
  const one = Buffer.from(sealMessage(Buffer.from("one "), "credssp", FLIP).body)
    .toString("latin1")
    .replace(/--Encrypted Boundary--\r\n$/, "");
  const two = Buffer.from(sealMessage(Buffer.from("two"), "credssp", FLIP).body).toString("latin1");
  const type = `multipart/x-multi-encrypted;protocol="application/HTTP-CredSSP-session-encrypted";boundary="Encrypted Boundary"`;
  expect(open(one + two, type)).toBe("one two");
});

test.each(["application/soap+xml;charset=UTF-8", "multipart/encrypted", `multipart/encrypted;protocol="application/other"`, ""])(
  "%j announces none",
  (type) => {
    expect(sealProtocolOf(type)).toBeUndefined();
    expect(codeOf(() => open(sealedText(), type))).toBe("wsman-encryption-invalid");
  },
);

test.each([
  ["nothing", () => ""],
  ["plain text", () => "<s:Envelope/>"],
  ["only the closing boundary", () => "--Encrypted Boundary--\r\n"],
  ["no Length", () => sealedText().replace(/;Length=\d+/, "")],
  ["a Length beyond the message", () => sealedText().replace(/Length=\d+/, "Length=99999")],
  ["no closing boundary", () => sealedText().replace(/--Encrypted Boundary--\r\n$/, "")],
  ["a signature longer than the message", () => sealedText().replace("\x10\0\0\0", "\xff\xff\0\0")],
  ["a cut", () => sealedText().slice(0, 60)],
])("%s is refused", (_, make) => {
  expect(codeOf(() => open(make()))).toBe("wsman-encryption-invalid");
});

test("a message cut anywhere is refused", () => {
  const text = sealedText();
  for (let end = 0; end < text.length - 4; end++)
    expect(`${end} ${codeOf(() => open(text.slice(0, end)))}`).toBe(`${end} wsman-encryption-invalid`);
});
