import { describe, expect, it } from "vitest";
import { acceptClient, acceptServer, atLeast, ownCapability } from "./protocol-version.ts";

const OWN = ownCapability();

describe("the client's judgement ([MS-PSRP] 3.1.5.4.1; process.md section 3)", () => {
  it.each(["2.0", "2.1", "2.2", "2.3", "2.4"])("goes on with a server of %s", (protocolVersion) => {
    expect(() => acceptServer(OWN, { ...OWN, protocolVersion })).not.toThrow();
  });

  it.each([
    ["protocolversion", { protocolVersion: "3.0" }, "3.0"],
    ["protocolversion", { protocolVersion: "1.0" }, "1.0"],
    ["protocolversion", { protocolVersion: "2.5" }, "2.5"],
    ["PSVersion", { psVersion: "3.0" }, "3.0"],
    ["SerializationVersion", { serializationVersion: "2.0.0.0" }, "2.0.0.0"],
  ])("refuses another %s in PowerShell's words", (what, said, version) => {
    expect(() => acceptServer(OWN, { ...OWN, ...said })).toThrow(
      `PowerShell client does not support the ${what} ${version} negotiated by the server. Make sure the server is compatible with the build 7.6.5 and the protocol version 2.4 of PowerShell.`,
    );
  });
});

describe("the server's judgement ([MS-PSRP] 3.2.5.4.1)", () => {
  it.each([
    ["2.0", "2.0"],
    ["2.1", "2.1"],
    ["2.3", "2.3"],
    ["2.4", "2.4"],
    ["2.9", "2.4"],
  ])("answers a client of %s with %s", (said, answered) => {
    expect(acceptClient(OWN, { ...OWN, protocolVersion: said }, false)).toEqual({ answer: { ...OWN, protocolVersion: answered } });
  });

  it("never answers with more than it speaks", () => {
    expect(acceptClient(ownCapability("2.1"), { ...OWN, protocolVersion: "2.3" }, false).answer.protocolVersion).toBe("2.1");
  });

  it.each([
    ["protocolversion", { protocolVersion: "3.0" }],
    ["protocolversion", { protocolVersion: "1.9" }],
    ["PSVersion", { psVersion: "1.0" }],
    ["SerializationVersion", { serializationVersion: "2.0" }],
  ])("answers and refuses another %s", (what, said) => {
    const { answer, refusal } = acceptClient(OWN, { ...OWN, ...said }, false);
    expect(answer).toEqual(OWN);
    expect(refusal?.message).toContain(`does not support the ${what} `);
  });

  it("lets nobody below 2.2 connect to a pool that exists", () => {
    expect(acceptClient(OWN, { ...OWN, protocolVersion: "2.1" }, true).refusal?.code).toBe("connect-negotiation-failed");
    expect(acceptClient(OWN, { ...OWN, protocolVersion: "2.2" }, true).refusal).toBeUndefined();
  });
});

describe("versions", () => {
  it.each([
    ["2.4", "2.4", true],
    ["2.10", "2.4", true],
    ["3.0", "2.4", true],
    ["2.3", "2.4", false],
    ["2", "2.0", false],
    ["x.y", "2.0", false],
    [undefined, "2.0", false],
  ])("%s is at least %s: %s", (version, least, expected) => {
    expect(atLeast(version, least)).toBe(expected);
  });
});
