/**
 * The system's GSS-API (RFC 2743, C bindings RFC 2744), reached through koffi: both optional, both loaded when Kerberos
 * is first used. Written against MIT Kerberos on Linux (libgssapi_krb5.so.2), where it is tested; the other names in
 * `LIBRARIES` have the same C interface and were never run.
 *
 * Structures are passed by their fields; a buffer that the library allocated is copied and released at once. Calls that
 * may ask a key distribution centre or read files run on the thread pool; sealing and signing do not.
 */
import { createRequire } from "node:module";
import { Fault } from "@tieline/fault";
import type * as koffiModule from "koffi";

/** Where the library is, by platform. Windows has SSPI instead, which is not spoken here. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: ["libgssapi_krb5.so.2", "libgssapi.so.3"],
  freebsd: ["libgssapi_krb5.so.2", "libgssapi.so.10"],
  darwin: [
    "/opt/homebrew/opt/krb5/lib/libgssapi_krb5.2.2.dylib",
    "/usr/local/opt/krb5/lib/libgssapi_krb5.2.2.dylib",
    "/System/Library/Frameworks/GSS.framework/GSS",
  ],
};

/** An opaque pointer of the library: a name, a credential, a context. */
export type Handle = bigint;

/** Object identifiers as their contents (RFC 2744 appendix A, RFC 1964 1). */
const OIDS = {
  kerberos: "2a864886f712010202",
  hostBasedService: "2a864886f71201020104",
  userName: "2a864886f71201020101",
} as const;

/** Request and result flags (RFC 2744 3.10, and MIT's for channel bindings). */
export const GSS_FLAG = { MUTUAL: 2, REPLAY: 4, SEQUENCE: 8, CONFIDENTIALITY: 16, INTEGRITY: 32, CHANNEL_BOUND: 2048 } as const;
export const REQUESTED_FLAGS = GSS_FLAG.MUTUAL | GSS_FLAG.REPLAY | GSS_FLAG.SEQUENCE | GSS_FLAG.CONFIDENTIALITY | GSS_FLAG.INTEGRITY;

const COMPLETE = 0;
const CONTINUE_NEEDED = 1;
const ROUTINE_ERROR_MASK = 0xff0000;
const USAGE = { INITIATE: 1, ACCEPT: 2 } as const;
/** gss_iov_buffer types (gssapi_ext.h). */
const IOV = { DATA: 1, HEADER: 2, PADDING: 9, ALLOCATE: 0x10000 } as const;
const INDEFINITE = 0xffffffff;

type Koffi = typeof koffiModule;
type Call = ((...args: unknown[]) => number) & { async: (...args: unknown[]) => void };
interface Buffer64 {
  length: number | bigint;
  value: unknown;
}

/** What the library said, and the numbers behind it. */
export interface GssStatus {
  readonly major: number;
  readonly minor: number;
  readonly text: string;
}

/** A failed call. Callers turn it into a Fault that knows who was meant (`kerberosFault`). */
export class GssError extends Error {
  readonly status: GssStatus;
  /** What the library would have the other end know of it (KRB-ERROR), if anything. */
  readonly token: Uint8Array | undefined;

  constructor(status: GssStatus, token?: Uint8Array) {
    super(status.text);
    this.name = "GssError";
    this.status = status;
    this.token = token;
  }
}

export interface StepResult {
  readonly context: Handle;
  readonly token: Uint8Array | undefined;
  readonly done: boolean;
  readonly flags: number;
  /** The initiator's name, at the acceptor once done. */
  readonly peer?: string;
}

export class GssLibrary {
  readonly #koffi: Koffi;
  readonly #calls = new Map<string, Call>();
  readonly #define: (name: string) => Call;

  constructor(koffi: Koffi, path: string) {
    this.#koffi = koffi;
    const library = koffi.load(path);
    const signatures = signaturesFor(koffi);
    this.#define = (name) => library.func(name, "uint32_t", signatures[name] as never) as unknown as Call;
    // Fails here, not in the middle of a logon, where the file is another library.
    this.#call("gss_init_sec_context");
  }

  #call(name: string): Call {
    let call = this.#calls.get(name);
    if (call === undefined) {
      try {
        call = this.#define(name);
      } catch (cause) {
        throw new Fault("kerberos-unavailable", { reason: `the system's library has no ${name}` }, { cause });
      }
      this.#calls.set(name, call);
    }
    return call;
  }

  /** On this thread. */
  #now(name: string, minor: number[], ...args: unknown[]): number {
    return this.#call(name)(minor, ...args);
  }

  /** On the thread pool; the arguments stay reachable until the end. */
  #later(name: string, minor: number[], ...args: unknown[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#call(name).async(minor, ...args, (error: unknown, major: number) => {
        args.length = 0;
        if (error === null || error === undefined) resolve(major);
        else reject(error instanceof Error ? error : new Error("koffi"));
      });
    });
  }

  #check(major: number, minor: readonly number[]): void {
    if (major !== COMPLETE && major !== CONTINUE_NEEDED) throw new GssError(this.#status(major, minor[0] ?? 0));
  }

  #status(major: number, minor: number): GssStatus {
    const texts = [this.#text(major & 0xffff0000, 1), minor === 0 ? "" : this.#text(minor, 2)];
    return {
      major,
      minor,
      text: texts
        .filter((text) => text !== "")
        .join(": ")
        .replace(/\s+/g, " ")
        .slice(0, 400),
    };
  }

  #text(code: number, type: 1 | 2): string {
    const [minor, more] = [[0], [0]];
    const out: Partial<Buffer64> = {};
    const major = this.#now("gss_display_status", minor, code >>> 0, type, oid(OIDS.kerberos), more, out);
    return major === COMPLETE ? new TextDecoder().decode(this.#take(out)) : `code ${code >>> 0}`;
  }

  /** Copies and releases a buffer that the library allocated. */
  #take(buffer: Partial<Buffer64>): Uint8Array {
    const length = Number(buffer.length ?? 0);
    if (length === 0 || buffer.value === null || buffer.value === undefined) return new Uint8Array();
    const type = this.#koffi.array("uint8_t", length, "Typed");
    const bytes = new Uint8Array(this.#koffi.decode(buffer.value, type) as Uint8Array);
    this.#now("gss_release_buffer", [0], buffer);
    return bytes;
  }

  /** @param kind how the text is meant: `HTTP@host`, or a user's principal */
  importName(text: string, kind: "hostBasedService" | "userName"): Handle {
    const [minor, out] = [[0], [null as Handle | null]];
    this.#check(this.#now("gss_import_name", minor, input(new TextEncoder().encode(text)), oid(OIDS[kind]), out), minor);
    return out[0] as Handle;
  }

  /** A principal's name as text: `alice@CONTOSO.LOCAL`. */
  displayName(name: Handle): string {
    const minor = [0];
    const out: Partial<Buffer64> = {};
    this.#check(this.#now("gss_display_name", minor, name, out, [null]), minor);
    return new TextDecoder().decode(this.#take(out));
  }

  /** Initiator credentials by password: the ticket is asked for when the context is begun. */
  async acquireWithPassword(principal: string, password: string): Promise<Handle> {
    const name = this.importName(principal, "userName");
    try {
      const [minor, out] = [[0], [null as Handle | null]];
      const secret = input(new TextEncoder().encode(password));
      const major = await this.#later(
        "gss_acquire_cred_with_password",
        minor,
        name,
        secret,
        INDEFINITE,
        KERBEROS_SET,
        USAGE.INITIATE,
        out,
        null,
        null,
      );
      this.#check(major, minor);
      return out[0] as Handle;
    } finally {
      this.releaseName(name);
    }
  }

  /** Credentials from a named store: `ccache` for an initiator, `keytab` for an acceptor (MIT's and Heimdal's extension). */
  async acquireFrom(store: { ccache?: string; keytab?: string }, service?: string): Promise<Handle> {
    const name = service === undefined ? null : this.importName(service, "hostBasedService");
    try {
      const [minor, out] = [[0], [null as Handle | null]];
      const elements = Object.entries(store).map(([key, value]) => ({ key, value }));
      const usage = store.keytab === undefined ? USAGE.INITIATE : USAGE.ACCEPT;
      const major = await this.#later(
        "gss_acquire_cred_from",
        minor,
        name,
        INDEFINITE,
        KERBEROS_SET,
        usage,
        { count: elements.length, elements },
        out,
        null,
        null,
      );
      this.#check(major, minor);
      return out[0] as Handle;
    } finally {
      if (name !== null) this.releaseName(name);
    }
  }

  async initiate(options: {
    context: Handle | undefined;
    credential: Handle | undefined;
    target: Handle;
    channelBinding: Uint8Array | undefined;
    token: Uint8Array | undefined;
  }): Promise<StepResult> {
    const minor = [0];
    const context: (Handle | null)[] = [options.context ?? null];
    const flags = [0];
    const out: Partial<Buffer64> = {};
    const major = await this.#later(
      "gss_init_sec_context",
      minor,
      options.credential ?? null,
      context,
      options.target,
      oid(OIDS.kerberos),
      REQUESTED_FLAGS,
      INDEFINITE,
      bindings(options.channelBinding),
      options.token === undefined ? null : input(options.token),
      null,
      out,
      flags,
      null,
    );
    return this.#stepped(major, minor, context, out, flags);
  }

  async accept(options: {
    context: Handle | undefined;
    credential: Handle | undefined;
    channelBinding: Uint8Array | undefined;
    token: Uint8Array;
  }): Promise<StepResult> {
    const minor = [0];
    const context: (Handle | null)[] = [options.context ?? null];
    const peer = [null as Handle | null];
    const delegated = [null as Handle | null];
    const flags = [0];
    const out: Partial<Buffer64> = {};
    const major = await this.#later(
      "gss_accept_sec_context",
      minor,
      context,
      options.credential ?? null,
      input(options.token),
      bindings(options.channelBinding),
      peer,
      null,
      out,
      flags,
      null,
      delegated,
    );
    // Nobody asked for the user's ticket: what came of it is given back at once.
    if (delegated[0] !== null) this.releaseCredential(delegated[0] as Handle);
    try {
      const step = this.#stepped(major, minor, context, out, flags);
      return step.done && peer[0] !== null ? { ...step, peer: this.displayName(peer[0] as Handle) } : step;
    } finally {
      if (peer[0] !== null) this.releaseName(peer[0] as Handle);
    }
  }

  #stepped(
    major: number,
    minor: readonly number[],
    context: readonly (Handle | null)[],
    out: Partial<Buffer64>,
    flags: readonly number[],
  ): StepResult {
    const token = this.#take(out);
    const handle = context[0];
    if (major !== COMPLETE && major !== CONTINUE_NEEDED) {
      const error = new GssError(this.#status(major, minor[0] ?? 0), token.length === 0 ? undefined : token);
      if (handle !== null && handle !== undefined) this.deleteContext(handle);
      throw error;
    }
    return { context: handle as Handle, token: token.length === 0 ? undefined : token, done: major === COMPLETE, flags: flags[0] ?? 0 };
  }

  /** gss_wrap_iov: everything that is not payload comes out as the header, as WS-Management wants it (RFC 4121 4.2.4, [MS-KILE] 3.1.1.5). */
  wrap(context: Handle, plaintext: Uint8Array): { header: Uint8Array; body: Uint8Array; padding: Uint8Array } {
    const minor = [0];
    const confidential = [0];
    const body = plaintext.slice();
    const iov = [
      { type: IOV.HEADER | IOV.ALLOCATE, buffer: { length: 0, value: null } },
      { type: IOV.DATA, buffer: { length: body.length, value: body.length === 0 ? null : body } },
      { type: IOV.PADDING | IOV.ALLOCATE, buffer: { length: 0, value: null } },
    ] as { type: number; buffer: Buffer64 }[];
    this.#check(this.#now("gss_wrap_iov", minor, context, 1, 0, confidential, iov, iov.length), minor);
    const copy = (buffer: Buffer64 | undefined): Uint8Array => {
      const length = Number(buffer?.length ?? 0);
      if (length === 0 || buffer === undefined) return new Uint8Array();
      return new Uint8Array(this.#koffi.decode(buffer.value, this.#koffi.array("uint8_t", length, "Typed")) as Uint8Array);
    };
    const result = { header: copy(iov[0]?.buffer), body, padding: copy(iov[2]?.buffer) };
    this.#now("gss_release_iov_buffer", [0], iov, iov.length);
    return result;
  }

  /** gss_unwrap of a whole token; a token whose trailer was rotated into its header is one, too (RFC 4121 4.2.5). */
  unwrap(context: Handle, token: Uint8Array): { plaintext: Uint8Array; confidential: boolean } {
    const [minor, confidential] = [[0], [0]];
    const out: Partial<Buffer64> = {};
    this.#check(this.#now("gss_unwrap", minor, context, input(token), out, confidential, null), minor);
    return { plaintext: this.#take(out), confidential: confidential[0] !== 0 };
  }

  sign(context: Handle, message: Uint8Array): Uint8Array {
    const minor = [0];
    const out: Partial<Buffer64> = {};
    this.#check(this.#now("gss_get_mic", minor, context, 0, input(message), out), minor);
    return this.#take(out);
  }

  verify(context: Handle, message: Uint8Array, signature: Uint8Array): void {
    const minor = [0];
    const major = this.#now("gss_verify_mic", minor, context, input(message), input(signature), null);
    this.#check(major, minor);
  }

  releaseName(name: Handle): void {
    this.#now("gss_release_name", [0], [name]);
  }

  releaseCredential(credential: Handle): void {
    this.#now("gss_release_cred", [0], [credential]);
  }

  deleteContext(context: Handle): void {
    this.#now("gss_delete_sec_context", [0], [context], null);
  }
}

/** The routine error of a major status (RFC 2744 3.9.1), 1 to 18. */
export function routineError(major: number): number {
  return (major & ROUTINE_ERROR_MASK) >>> 16;
}

function oid(hex: string): { length: number; elements: Uint8Array } {
  const elements = new Uint8Array(Buffer.from(hex, "hex"));
  return { length: elements.length, elements };
}

const KERBEROS_SET = { count: 1, elements: [oid(OIDS.kerberos)] };

function input(bytes: Uint8Array): Buffer64 {
  return { length: bytes.length, value: bytes.length === 0 ? null : bytes };
}

function bindings(applicationData: Uint8Array | undefined): unknown {
  if (applicationData === undefined) return null;
  const nothing = { length: 0, value: null };
  return {
    initiatorAddressType: 0,
    initiatorAddress: nothing,
    acceptorAddressType: 0,
    acceptorAddress: nothing,
    applicationData: input(applicationData),
  };
}

/** The C prototypes, each without its result, which is always OM_uint32. */
function signaturesFor(koffi: Koffi): Readonly<Record<string, readonly unknown[]>> {
  const pointer = koffi.pointer.bind(koffi) as (type: unknown) => never;
  const out = koffi.out.bind(koffi) as (type: unknown) => unknown;
  const inout = koffi.inout.bind(koffi) as (type: unknown) => unknown;
  const buffer = koffi.struct({ length: "size_t", value: "void *" });
  const identifier = koffi.struct({ length: "uint32_t", elements: "void *" });
  const identifiers = koffi.struct({ count: "size_t", elements: pointer(identifier) });
  const channel = koffi.struct({
    initiatorAddressType: "uint32_t",
    initiatorAddress: buffer,
    acceptorAddressType: "uint32_t",
    acceptorAddress: buffer,
    applicationData: buffer,
  });
  const element = koffi.struct({ key: "const char *", value: "const char *" });
  const store = koffi.struct({ count: "uint32_t", elements: pointer(element) });
  const iov = koffi.struct({ type: "uint32_t", buffer });

  const minor = out(pointer("uint32_t"));
  const word = out(pointer("uint32_t"));
  const int = out(pointer("int"));
  const handleOut = out(pointer("void *"));
  const handleInOut = inout(pointer("void *"));
  const bufferIn = pointer(buffer);
  const bufferOut = out(pointer(buffer));
  const bufferInOut = inout(pointer(buffer));
  const oidIn = pointer(identifier);
  const setIn = pointer(identifiers);
  const iovInOut = inout(pointer(iov));
  return {
    gss_import_name: [minor, bufferIn, oidIn, handleOut],
    gss_display_name: [minor, "void *", bufferOut, handleOut],
    gss_display_status: [minor, "uint32_t", "int", oidIn, inout(pointer("uint32_t")), bufferOut],
    gss_release_buffer: [minor, bufferInOut],
    gss_release_name: [minor, handleInOut],
    gss_release_cred: [minor, handleInOut],
    gss_delete_sec_context: [minor, handleInOut, "void *"],
    gss_acquire_cred_with_password: [minor, "void *", bufferIn, "uint32_t", setIn, "int", handleOut, "void *", "void *"],
    gss_acquire_cred_from: [minor, "void *", "uint32_t", setIn, "int", pointer(store), handleOut, "void *", "void *"],
    gss_init_sec_context: [
      minor,
      "void *",
      handleInOut,
      "void *",
      oidIn,
      "uint32_t",
      "uint32_t",
      pointer(channel),
      bufferIn,
      "void *",
      bufferOut,
      word,
      "void *",
    ],
    gss_accept_sec_context: [
      minor,
      handleInOut,
      "void *",
      bufferIn,
      pointer(channel),
      handleOut,
      "void *",
      bufferOut,
      word,
      "void *",
      handleOut,
    ],
    gss_wrap_iov: [minor, "void *", "int", "uint32_t", int, iovInOut, "int"],
    gss_release_iov_buffer: [minor, iovInOut, "int"],
    gss_unwrap: [minor, "void *", bufferIn, bufferOut, int, "void *"],
    gss_get_mic: [minor, "void *", "uint32_t", bufferIn, bufferOut],
    gss_verify_mic: [minor, "void *", bufferIn, bufferIn, "void *"],
  };
}

let loaded: GssLibrary | undefined;

/**
 * The library, loaded once.
 *
 * @throws Fault `kerberos-unavailable` where koffi or every library of this platform is missing
 */
export function loadGssLibrary(
  options: { platform?: string; requireKoffi?: () => unknown; libraries?: readonly string[] } = {},
): GssLibrary {
  const custom = Object.keys(options).length > 0;
  if (loaded !== undefined && !custom) return loaded;
  const platform = options.platform ?? process.platform;
  const libraries = options.libraries ?? LIBRARIES[platform];
  if (libraries === undefined) throw new Fault("kerberos-unavailable", { reason: `there is no support for ${platform} yet` });
  let koffi: Koffi;
  try {
    koffi = (options.requireKoffi ?? (() => createRequire(import.meta.url)("koffi") as unknown))() as Koffi;
  } catch (cause) {
    throw new Fault("kerberos-unavailable", { reason: "the package koffi is not installed" }, { cause });
  }
  let reason: unknown;
  for (const path of libraries) {
    try {
      const library = new GssLibrary(koffi, path);
      if (!custom) loaded = library;
      return library;
    } catch (error) {
      reason = error;
    }
  }
  throw new Fault("kerberos-unavailable", { reason: `the library ${libraries.join(" or ")} cannot be loaded` }, { cause: reason });
}
