import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { EMPTY_GUID, normaliseGuid, readGuid, writeGuid } from "./guid.ts";
import { MESSAGES, messageName, type MessageRow } from "./message-types.ts";
import { decodeEnvelope, encodeEnvelope } from "./message.ts";

const POOL = "00112233-4455-6677-8899-aabbccddeeff";
const PIPELINE = "ffeeddcc-bbaa-9988-7766-554433221100";
const DATA = new TextEncoder().encode("<Nil />");

function code(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

describe("GUIDs ([MS-DTYP] 2.3.4.2)", () => {
  it("have their first three groups little-endian", () => {
    const bytes = new Uint8Array(18);
    writeGuid(POOL, bytes, 1);
    expect(Buffer.from(bytes).toString("hex")).toBe("0033221100554477668899aabbccddeeff00");
    expect(readGuid(bytes, 1)).toBe(POOL);
  });

  it("are read in any case and with braces, and refused otherwise", () => {
    expect(normaliseGuid(`{${POOL.toUpperCase()}}`)).toBe(POOL);
    for (const text of ["", "0", `${POOL}0`, POOL.replaceAll("-", ""), POOL.replace("0", "g")])
      expect(code(() => normaliseGuid(text))).toBe("guid-invalid");
  });
});

describe("the envelope ([MS-PSRP] 2.2.1)", () => {
  it("has destination and type little-endian, two ids, a byte order mark and the data", () => {
    const bytes = encodeEnvelope({ name: "CREATE_PIPELINE", to: "server", pool: POOL, pipeline: PIPELINE, data: DATA });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "02000000" +
        "06100200" +
        "33221100554477668899aabbccddeeff" +
        "ccddeeffaabb88997766554433221100" +
        "efbbbf" +
        Buffer.from(DATA).toString("hex"),
    );
    expect(decodeEnvelope(bytes, "server")).toEqual({ name: "CREATE_PIPELINE", to: "server", pool: POOL, pipeline: PIPELINE, data: DATA });
  });

  it("is read without a byte order mark too, and has none without data", () => {
    const marked = encodeEnvelope({ name: "PIPELINE_OUTPUT", to: "client", pool: POOL, pipeline: PIPELINE, data: DATA });
    const plain = Uint8Array.from([...marked.subarray(0, 40), ...marked.subarray(43)]);
    expect(decodeEnvelope(plain, "client").data).toEqual(DATA);
    expect(
      encodeEnvelope({ name: "END_OF_PIPELINE_INPUT", to: "server", pool: POOL, pipeline: PIPELINE, data: new Uint8Array(0) }),
    ).toHaveLength(40);
  });

  it.each(Object.entries(MESSAGES) as [keyof typeof MESSAGES, MessageRow][])(
    "%s is known by its number and travels in its direction only",
    (name, row) => {
      expect(messageName(row.type)).toBe(name);
      for (const me of ["client", "server"] as const) {
        const bytes = encodeEnvelope({ name, to: me, pool: POOL, pipeline: EMPTY_GUID, data: DATA });
        expect(code(() => decodeEnvelope(bytes, me))).toBe(row.to === "both" || row.to === me ? "none" : "message-type-unknown");
        const other = me === "client" ? "server" : "client";
        expect(code(() => decodeEnvelope(bytes, other))).toBe("message-type-unknown");
      }
    },
  );

  it("is refused where it is too short or of an unknown type", () => {
    const bytes = encodeEnvelope({ name: "PIPELINE_OUTPUT", to: "client", pool: POOL, pipeline: PIPELINE, data: DATA });
    expect(code(() => decodeEnvelope(bytes.subarray(0, 39), "client"))).toBe("message-header");
    expect(code(() => decodeEnvelope(bytes.with(4, 0x99), "client"))).toBe("message-type-unknown");
  });
});
