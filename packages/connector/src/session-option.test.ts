import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { Dialler } from "@tieline/net";
import { checkSessionOption, emptySessionOption, parseSessionOption, sessionOptionOf } from "./session-option.ts";
import type { Wish } from "./stage.ts";
import { transportFor } from "./stages/initialize-session.ts";

function codeOf(action: () => unknown): string {
  try {
    action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test.each([
  ["ProxyAccessType=None", {}],
  ["ProxyAccessType=IEConfig", { proxy: "system" }],
  ["proxyaccesstype=winhttpconfig", { proxy: "system" }],
  ["ProxyAccessType=AutoDetect", { proxy: "wpad" }],
  ["ProxyAccessType=NoProxyServer", { proxy: "none" }],
  ["ProxyAuthentication=Digest", { proxyScheme: "digest" }],
  ["OperationTimeout=45000", { transport: { operationTimeoutMs: 45_000 } }],
  ["OperationTimeout=00:03:00", { transport: { operationTimeoutMs: 180_000 } }],
  ["OperationTimeout=0", { transport: { operationTimeoutMs: 2_000_000_000 } }],
  ["OpenTimeout=1.00:00:00.5", { connect: { openTimeoutMs: 86_400_500 } }],
  ["CancelTimeout=60000", { connect: { cancelTimeoutMs: 60_000 } }],
  ["IdleTimeout=60000", { transport: { idleTimeoutMs: 60_000 } }],
  ["IdleTimeout=-1", {}],
  ["Culture=de-DE", { transport: { dataLocale: "de-DE" } }],
  ["UICulture=fr", { transport: { locale: "fr" } }],
  ["NoCompression", { transport: { compress: false } }],
  ["NoCompression=$false", { transport: { compress: true } }],
  ["NoEncryption", { noEncryption: true }],
  ["NoMachineProfile=false", { transport: { noMachineProfile: false } }],
  ["MaximumRedirection=2", { transport: { maxRedirections: 2 } }],
  ["MaximumReceivedDataSizePerCommand=50MB", { connect: { limits: { maxPipelineSize: 50 * 1024 * 1024 } } }],
  ["MaximumReceivedObjectSize=209715200", { connect: { limits: { maxObjectSize: 209_715_200 } } }],
  ["OutputBufferingMode=drop", { transport: { bufferMode: "Drop" } }],
  ["OutputBufferingMode=None", {}],
  ["MaxConnectionRetryCount=5", { transport: { retries: 5 } }],
  ["ApplicationArguments.Ticket=a=b", { applicationArguments: { Ticket: "a=b" } }],
  ["SkipCACheck", { tls: { skipAuthorityCheck: true } }],
  ["SkipCNCheck=true", { tls: { skipNameCheck: true } }],
  ["SkipRevocationCheck", {}],
  ["IncludePortInSPN", { transport: { includePortInSpn: true } }],
  ["UseUTF16=false", {}],
])("%s", (word, expected) => {
  expect(parseSessionOption([word])).toEqual({ ...emptySessionOption(), ...expected });
});

test.each([
  ["Colour=red", "session-option-unknown"],
  ["constructor", "session-option-unknown"],
  ["", "session-option-unknown"],
  ["ProxyAccessType=Tor", "session-option-value"],
  ["ProxyAuthentication=Ntlm", "session-option-value"],
  ["OperationTimeout=soon", "session-option-value"],
  ["OperationTimeout=-1", "session-option-value"],
  ["OpenTimeout=99999999999", "session-option-value"],
  ["IdleTimeout=59999", "session-option-value"],
  ["Culture=German!", "session-option-value"],
  ["NoCompression=perhaps", "session-option-value"],
  ["MaximumRedirection=-1", "session-option-value"],
  ["MaximumReceivedObjectSize=0", "session-option-value"],
  ["OutputBufferingMode=Ring", "session-option-value"],
  ["ProxyCredential=me:secret", "session-option-refused"],
  ["ApplicationArguments=@{}", "session-option-refused"],
  ["UseUTF16", "session-option-refused"],
])("%j is %s", (word, code) => {
  expect(codeOf(() => parseSessionOption([word]))).toBe(code);
});

test("an object with the properties of a PSSessionOption is read the same", () => {
  const object = {
    ProxyAccessType: "IEConfig",
    ProxyAuthentication: "Digest",
    ProxyCredential: { UserName: "me", Password: "geheim" },
    OperationTimeout: "00:03:00",
    MaximumConnectionRedirectionCount: 2,
    NoMachineProfile: true,
    Culture: null,
    ApplicationArguments: { Ticket: "7" },
  };
  expect(sessionOptionOf(object)).toEqual({
    ...emptySessionOption(),
    proxy: "system",
    proxyScheme: "digest",
    proxyCredential: { user: "me", password: "geheim" },
    transport: { operationTimeoutMs: 180_000, maxRedirections: 2, noMachineProfile: true },
    applicationArguments: { Ticket: "7" },
  });
  expect(codeOf(() => sessionOptionOf({ ProxyCredential: object.ProxyCredential }))).toBe("session-option-refused");
});

test("what does not go together is refused, and nothing secret is in the words", () => {
  const proxyCredential = { user: "me", password: "geheim" };
  const empty = emptySessionOption();
  for (const [option, named, code] of [
    [{ ...empty, proxyCredential }, false, "session-option-refused"],
    [{ ...empty, proxyCredential }, true, "none"],
    [{ ...empty, proxyCredential, proxy: "system" }, false, "none"],
    [{ ...empty, proxyCredential, proxy: "none" }, false, "session-option-refused"],
    [{ ...empty, proxyScheme: "basic", proxy: "none" } as const, false, "session-option-refused"],
    [{ ...empty, proxy: "system" }, true, "session-option-refused"],
    [empty, true, "none"],
  ] as const) {
    expect(codeOf(() => checkSessionOption(option, named))).toBe(code);
  }
  expect(() => checkSessionOption({ ...empty, proxyCredential }, false)).toThrow(/^(?!.*geheim)/s);
});

test("the last stage's transport has them: times, languages, trust of that stage alone", () => {
  const dialler = new Dialler({ tls: { authorities: ["x"] } });
  const transport = (uri: string, words: readonly string[]): ReturnType<typeof transportFor> => {
    const wish: Wish = {
      authentication: "default",
      targetUri: uri,
      credential: () => Promise.reject(new Error()),
      sessionOption: parseSessionOption(words),
    };
    return transportFor({ wish, dialler, progress: { hops: [], targetUri: new URL(uri), credential: { kind: "ambient" } } });
  };
  const plain = transport("https://a.test/x", []);
  expect(plain).toMatchObject({ noMachineProfile: true, idleTimeoutMs: 180_000, dialler });
  const changed = transport("https://a.test/x", [
    "SkipCNCheck",
    "OperationTimeout=5000",
    "Culture=de-DE",
    "NoMachineProfile=false",
    "IdleTimeout=600000",
    "NoEncryption",
  ]);
  expect(changed).toMatchObject({ operationTimeoutMs: 5000, dataLocale: "de-DE", noMachineProfile: false, idleTimeoutMs: 600_000 });
  expect(changed.dialler?.tls).toEqual({ authorities: ["x"], skipNameCheck: true });
  expect(dialler.tls).toEqual({ authorities: ["x"] });
  expect(codeOf(() => transport("http://a.test/x", ["NoEncryption"]))).toBe("session-option-refused");
});
