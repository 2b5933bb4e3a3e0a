import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { GssError, loadGssLibrary, routineError, type GssLibrary } from "./gss-library.ts";
import { kerberosFault } from "./kerberos-fault.ts";
import { kerberosAcceptor, KerberosInitiator, principalOf } from "./kerberos.ts";

async function faultOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? `${error.code}: ${error.message}` : String(error);
  }
}

test("Kerberos is told apart from what is missing for it", async () => {
  const missing = (): never => {
    throw new Error("Cannot find module 'koffi'");
  };
  expect(await faultOf(() => loadGssLibrary({ requireKoffi: missing }))).toMatch(/^kerberos-unavailable: .*koffi is not installed/);
  expect(await faultOf(() => loadGssLibrary({ platform: "win32" }))).toMatch(/^kerberos-unavailable: .*win32/);
  const koffi = {
    load: () => {
      throw new Error("no such file");
    },
  };
  expect(await faultOf(() => loadGssLibrary({ requireKoffi: () => koffi, libraries: ["libnowhere.so"] }))).toMatch(
    /^kerberos-unavailable: .*libnowhere\.so cannot be loaded/,
  );
});

test.each([
  ["alice", "alice"],
  ["alice@contoso.com", "alice@CONTOSO.COM"],
  ["CONTOSO\\alice", "alice@CONTOSO"],
  ["contoso.com\\alice", "alice@CONTOSO.COM"],
])("the principal of %s is %s", (name, principal) => {
  expect(principalOf(name)).toBe(principal);
});

const KRB5 = 0x96c73a00;
test.each([
  [0x000d0000, KRB5 + 37, "Unspecified GSS failure: Clock skew too great", undefined, "clock-skew"],
  [0x000d0000, 100005, "Unspecified GSS failure: Clock skew too great", undefined, "clock-skew"],
  [0x000d0000, KRB5 + 33, "Ticket not yet valid", undefined, "clock-skew"],
  [0x00040000, 0, "Incorrect channel bindings were supplied", undefined, "channel-binding-mismatch"],
  [0x000d0000, KRB5 + 24, "Preauthentication failed", "alice", "logon-failed"],
  [0x000d0000, KRB5 + 6, "Client not found in Kerberos database", "alice", "kerberos-failed"],
  [0x000d0000, KRB5 + 18, "Credentials have been revoked", "alice", "logon-failed"],
  [0x000d0000, KRB5 + 24, "Preauthentication failed", undefined, "kerberos-failed"],
  [0x000d0000, KRB5 + 7, "Server not found in Kerberos database", "alice", "kerberos-failed"],
  [0x00090000, 0, "A token was invalid", undefined, "token-malformed"],
  [0x000d0000, -1765328347, "as a signed number", undefined, "clock-skew"],
])("status %i, %i is told as a fault (%s)", (major, minor, text, user, code) => {
  expect(kerberosFault(new GssError({ major, minor, text }), user).code).toBe(code);
});

test("the routine error stands in the third byte, RFC 2744 3.9.1", () => {
  expect(routineError(0x000d0001)).toBe(13);
  expect(routineError(-0x7ff30000)).toBe(13);
});

/** A library that takes and gives single words; counts what it lent. */
class FakeLibrary {
  lent = 0;
  readonly flags: number;
  readonly peer: string;
  constructor(flags = 0x3e, peer = "alice@CONTOSO.LOCAL") {
    this.flags = flags;
    this.peer = peer;
  }
  #lend(): bigint {
    this.lent++;
    return BigInt(this.lent);
  }
  importName(): bigint {
    return this.#lend();
  }
  acquireWithPassword(): Promise<bigint> {
    return Promise.resolve(this.#lend());
  }
  acquireFrom(): Promise<bigint> {
    return Promise.resolve(this.#lend());
  }
  initiate(options: { context?: bigint; token?: Uint8Array }): Promise<unknown> {
    const context = options.context ?? this.#lend();
    if (options.token?.[0] === 9) {
      this.deleteContext();
      return Promise.reject(new GssError({ major: 0x00090000, minor: 0, text: "defective" }));
    }
    return Promise.resolve({
      context,
      token: options.token === undefined ? new Uint8Array([1]) : undefined,
      done: options.token !== undefined,
      flags: this.flags,
    });
  }
  accept(): Promise<unknown> {
    return Promise.resolve({ context: this.#lend(), token: new Uint8Array([2]), done: true, flags: this.flags, peer: this.peer });
  }
  releaseName(): void {
    this.lent--;
  }
  releaseCredential(): void {
    this.lent--;
  }
  deleteContext(): void {
    this.lent--;
  }
}
const library = (fake: FakeLibrary) => (): GssLibrary => fake as unknown as GssLibrary;

test("initiator: everything that was lent is given back, at the end and after a failure", async () => {
  const fake = new FakeLibrary();
  const initiator = new KerberosInitiator({ targetName: "HTTP/h", user: "alice", password: "x", library: library(fake) });
  expect(await initiator.step()).toEqual(new Uint8Array([1]));
  expect(await faultOf(() => initiator.step())).toMatch(/^token-unexpected/);
  expect(initiator.done).toBe(false);
  expect(await initiator.step(new Uint8Array([2]))).toBeUndefined();
  expect(initiator.done).toBe(true);
  expect(fake.lent).toBe(1);
  initiator.context()?.close?.();
  expect(fake.lent).toBe(0);
  expect(await faultOf(() => initiator.context()?.sign(new Uint8Array()))).toMatch(/^context-missing/);

  const failing = new KerberosInitiator({ targetName: "HTTP/h", library: library(fake) });
  await failing.step();
  expect(await faultOf(() => failing.step(new Uint8Array([9])))).toMatch(/^token-malformed/);
  expect(fake.lent).toBe(0);
  expect(await faultOf(() => failing.step())).toMatch(/^token-unexpected/);
});

test("initiator: a service that does not prove itself, or cannot seal, is refused", async () => {
  for (const flags of [0x3c, 0x2e, 0x1e]) {
    const fake = new FakeLibrary(flags);
    const initiator = new KerberosInitiator({ targetName: "HTTP/h", library: library(fake) });
    await initiator.step();
    expect(await faultOf(() => initiator.step(new Uint8Array([2])))).toMatch(/^downgrade-refused/);
    expect(initiator.done).toBe(false);
    expect(initiator.context()).toBeUndefined();
    expect(fake.lent).toBe(0);
  }
});

test("acceptor: principal, realm, mapping; anonymous and unknown refused; a missing binding refused where it is required", async () => {
  const step = (fake: FakeLibrary, more: object = {}, connection: object = {}): Promise<unknown> =>
    Promise.resolve(kerberosAcceptor({ library: library(fake), ...more })(connection).step(new Uint8Array([1])));
  expect(await step(new FakeLibrary())).toMatchObject({
    done: true,
    identity: { name: "alice@CONTOSO.LOCAL", domain: "CONTOSO.LOCAL", mechanism: "kerberos", legacy: false },
  });
  expect(await step(new FakeLibrary(), { account: () => ({ name: "alice@contoso.com" }) })).toMatchObject({
    identity: { name: "alice@contoso.com", domain: "CONTOSO.LOCAL" },
  });
  const unknown = new FakeLibrary();
  expect(await faultOf(() => step(unknown, { account: () => undefined }))).toMatch(/^logon-failed/);
  expect(unknown.lent).toBe(0);
  expect(await faultOf(() => step(new FakeLibrary(0x3e, "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS")))).toMatch(/^anonymous-refused/);
  const binding = { channelBinding: new Uint8Array([1]), channelBindingPolicy: "required" };
  expect(await faultOf(() => step(new FakeLibrary(), {}, binding))).toMatch(/^channel-binding-mismatch/);
  expect(await step(new FakeLibrary(0x3e | 2048), {}, binding)).toMatchObject({ done: true });
});
