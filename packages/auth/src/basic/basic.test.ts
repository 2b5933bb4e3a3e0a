import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { toUtf8 } from "../octets.ts";
import { BasicAcceptor, BasicInitiator, BearerAcceptor, BearerInitiator } from "./basic.ts";
import { basicWithToken, decodeBasic, encodeBasic, tokenInBasic } from "./basic-credentials.ts";

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("the examples of RFC 7617 2 and 2.1", () => {
  expect(Buffer.from(encodeBasic({ user: "Aladdin", password: "open sesame" })).toString("base64")).toBe("QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  expect(Buffer.from(encodeBasic({ user: "test", password: "123£" })).toString("base64")).toBe("dGVzdDoxMjPCow==");
});

test("the first colon ends the user; what is not UTF-8 is ISO 8859-1", async () => {
  expect(decodeBasic(toUtf8("DOM\\u:a:b:"))).toEqual({ user: "DOM\\u", password: "a:b:" });
  expect(decodeBasic(new Uint8Array([0x75, 0x3a, 0xa3]))).toEqual({ user: "u", password: "£" });
  expect(await codeOf(() => decodeBasic(toUtf8("nothing")))).toBe("token-malformed");
  expect(await codeOf(() => decodeBasic(toUtf8("a\u0000b:c")))).toBe("token-malformed");
  expect(await codeOf(() => decodeBasic(new Uint8Array(70_000)))).toBe("token-malformed");
  expect(await codeOf(() => encodeBasic({ user: "a:b", password: "c" }))).toBe("usage");
});

test.each([
  [{ user: "oauth", password: "eyJ0" }, { token: "eyJ0" }],
  [{ user: "OAuth", password: "Bearer eyJ0" }, { token: "eyJ0" }],
  [
    { user: "admin@contoso.com", password: "Bearer eyJ0" },
    { token: "eyJ0", user: "admin@contoso.com" },
  ],
  [{ user: "admin@contoso.com", password: "Bearereyj0" }, undefined],
  [{ user: "admin@contoso.com", password: "secret" }, undefined],
])("a token in Basic: %j", (credentials, token) => {
  expect(tokenInBasic(credentials)).toEqual(token);
  if (token !== undefined) expect(tokenInBasic(basicWithToken(token))).toEqual(token);
});

const password = (user: string, word: string): Promise<{ name: string } | undefined> =>
  Promise.resolve(user === "alice" && word === "Sesame!" ? { name: "alice@contoso.com" } : undefined);
const token = (text: string): Promise<{ name: string } | undefined> =>
  Promise.resolve(text === "eyJ0" ? { name: "admin@contoso.com" } : undefined);

test("a password is legacy, a token is not", async () => {
  const acceptor = new BasicAcceptor({ password, token });
  const alice = await acceptor.step(new BasicInitiator({ user: "alice", password: "Sesame!" }).step());
  expect(alice).toEqual({ done: true, identity: { name: "alice@contoso.com", mechanism: "basic", legacy: true } });
  const admin = await acceptor.step(new BasicInitiator(basicWithToken({ token: "eyJ0" })).step());
  expect(admin.identity).toEqual({ name: "admin@contoso.com", mechanism: "bearer", legacy: false });
  const bearer = await new BearerAcceptor(token).step(new BearerInitiator("eyJ0").step());
  expect(bearer.identity).toEqual({ name: "admin@contoso.com", mechanism: "bearer", legacy: false });
});

test.each([
  ["a wrong password", "alice:wrong", "logon-failed"],
  ["an unknown account", "bob:Sesame!", "logon-failed"],
  ["an empty password", "alice:", "anonymous-refused"],
  ["an empty user", ":Sesame!", "anonymous-refused"],
  ["an empty token", "oauth:", "anonymous-refused"],
  ["a wrong token", "oauth:eyJ1", "logon-failed"],
])("%s is refused", async (_title, text, code) => {
  expect(await codeOf(() => new BasicAcceptor({ password, token }).step(toUtf8(text)))).toBe(code);
});

test("what the deployment has not switched on is refused before any port is asked", async () => {
  expect(await codeOf(() => new BasicAcceptor({ token }).step(toUtf8("alice:Sesame!")))).toBe("mechanism-off");
  expect(await codeOf(() => new BasicAcceptor({ password }).step(toUtf8("oauth:eyJ0")))).toBe("mechanism-off");
  expect(await codeOf(() => new BearerAcceptor(undefined).step(toUtf8("eyJ0")))).toBe("mechanism-off");
});

test("a refused name cannot break a line in the log", async () => {
  try {
    await new BasicAcceptor({ password }).step(toUtf8("al\u2028ice\u202e:x"));
    expect.unreachable();
  } catch (error) {
    expect((error as Error).message).toContain("'al?ice?'");
  }
});
