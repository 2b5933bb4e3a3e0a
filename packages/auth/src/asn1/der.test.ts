import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { Der, oidOf, readDer, writeDer, writeOid } from "./der.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const codeOf = (action: () => unknown): string => {
  try {
    action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
};

test.each([
  ["1.3.6.1.5.5.2", "06062b0601050502"],
  ["1.2.840.113554.1.2.2", "06092a864886f712010202"],
  ["1.2.840.48018.1.2.2", "06092a864882f712010202"],
  ["1.3.6.1.4.1.311.2.2.10", "060a2b06010401823702020a"],
  ["2.5.4.3", "0603550403"],
  ["2.999.3", "0603883703"],
])("object identifier %s, X.690 8.19", (dotted, der) => {
  expect(hex(writeOid(dotted))).toBe(der);
  expect(oidOf(readDer(unhex(der), "test"))).toBe(dotted);
});

test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])("a length of %i in the fewest bytes, X.690 10.1", (length) => {
  const der = writeDer(Der.OCTET_STRING, new Uint8Array(length));
  const head = der.length - length;
  expect(head).toBe(length < 128 ? 2 : length < 256 ? 3 : length < 65_536 ? 4 : 5);
  expect(readDer(der, "test").contents.length).toBe(length);
});

test.each([
  ["nothing", ""],
  ["a tag alone", "30"],
  ["cut off", "3003020100".slice(0, 8)],
  ["an indefinite length", "3080020100"],
  ["a length of five bytes", "30850000000001"],
  ["a length that is cut off", "3082"],
  ["a tag of several bytes", "1f810100"],
])("%s is refused", (_title, der) => {
  expect(codeOf(() => readDer(unhex(der), "test").children())).toBe("token-malformed");
});

test("more than 256 elements are refused; object identifiers that do not end are", () => {
  expect(codeOf(() => readDer(writeDer(Der.SEQUENCE, new Uint8Array(2 * 257)), "test").children())).toBe("token-malformed");
  expect(codeOf(() => oidOf(readDer(unhex("06022b86"), "test")))).toBe("token-malformed");
  expect(codeOf(() => oidOf(readDer(unhex("0600"), "test")))).toBe("token-malformed");
  expect(codeOf(() => oidOf(readDer(unhex("060a2bffffffffffffffff7f"), "test")))).toBe("token-malformed");
});
