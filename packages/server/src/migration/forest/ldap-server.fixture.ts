/**
 * A domain controller in miniature (RFC 4511): bind, search with pages, modify, over plain sockets, with the few entries that
 * a forest's reader asks for. What it is to answer can be set, and its connections can be cut.
 */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Ber, BerReader, BerWriter } from "ldapts";

type Values = readonly (string | Buffer)[];

export interface MiniEntry {
  dn: string;
  attributes: Record<string, Values>;
  usn: number;
  deleted: boolean;
}

const DOMAIN = "DC=mini,DC=test";
const PAGED = "1.2.840.113556.1.4.319";
const SHOW_DELETED = "1.2.840.113556.1.4.417";
/** Octets of the invocationId: their order in text is another. */
const INVOCATION = Buffer.from("00112233445566778899aabbccddeeff", "hex");
export const INVOCATION_ID = "33221100-5544-7766-8899-aabbccddeeff";

export class MiniController implements AsyncDisposable {
  readonly entries = new Map<string, MiniEntry>();
  readonly password = "right";
  schema: readonly string[] = [];
  /** As with the vendor's schema: msRTCSIP-PrimaryHomeServer holds a DN. */
  isVendors = false;
  usn = 1;
  connections = 0;
  url = "";
  /** The result code and message for a question, where it is not to be answered; `cut` closes the connection, `silent` says nothing. */
  answer: (operation: "bind" | "search" | "modify", about: string) => { code: number; message: string } | "cut" | "silent" | undefined =
    () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<MiniController> {
    const controller = new MiniController();
    await new Promise<void>((resolve) => controller.#server.listen(0, "127.0.0.1", resolve));
    controller.url = `ldap://127.0.0.1:${(controller.#server.address() as AddressInfo).port}`;
    return controller;
  }

  /** Adds or changes a user, `cn` under the domain; the last octet of its GUID is given. */
  set(last: number, cn: string, attributes: Record<string, Values>): string {
    const guid = Buffer.alloc(16, 0);
    guid[15] = last;
    const id = `00000000-0000-0000-0000-0000000000${last.toString(16).padStart(2, "0")}`;
    this.entries.set(id, {
      dn: `CN=${cn},${DOMAIN}`,
      attributes: { objectGUID: [guid], sAMAccountName: [cn], ...attributes },
      usn: (this.usn += 1),
      deleted: false,
    });
    return id;
  }

  remove(id: string): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) this.entries.set(id, { ...entry, deleted: true, usn: (this.usn += 1) });
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    let rest = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      for (;;) {
        const reader = new BerReader(rest);
        if (reader.readSequence() === null || reader.remain < reader.length) return;
        const end = reader.offset + reader.length;
        this.#message(socket, rest.subarray(0, end));
        rest = rest.subarray(end);
      }
    });
  }

  #message(socket: Socket, bytes: Buffer): void {
    const reader = new BerReader(bytes);
    reader.readSequence();
    const id = reader.readInt() ?? 0;
    const operation = reader.readSequence() ?? 0;
    if (operation === 0x60) this.#bind(socket, id, reader);
    else if (operation === 0x63) this.#search(socket, id, reader);
    else if (operation === 0x66) this.#modify(socket, id, reader);
    else if (operation === 0x77) this.#done(socket, id, 0x78, 52, "no TLS here");
  }

  #bind(socket: Socket, id: number, reader: BerReader): void {
    reader.readInt();
    const name = reader.readString() ?? "";
    const password = reader.readString(0x80) ?? "";
    if (this.#refused(socket, id, 0x61, "bind", name)) return;
    const isRight = password === this.password;
    this.#done(
      socket,
      id,
      0x61,
      isRight ? 0 : 49,
      isRight ? "" : "80090308: LdapErr: DSID-0, comment: AcceptSecurityContext error, data 52e, v1",
    );
  }

  #search(socket: Socket, id: number, reader: BerReader): void {
    const base = reader.readString() ?? "";
    const scope = reader.readEnumeration();
    reader.readEnumeration();
    const limit = reader.readInt() ?? 0;
    reader.readInt();
    reader.readBoolean();
    const filter = parseFilter(reader);
    reader.readSequence();
    const attributes: string[] = [];
    for (const end = reader.offset + reader.length; reader.offset < end;) attributes.push(reader.readString() ?? "");
    const controls = parseControls(reader);
    if (this.#refused(socket, id, 0x65, "search", base)) return;
    const found = this.#found(base, scope === 0, filter, controls.has(SHOW_DELETED));
    if (found === undefined) return this.#done(socket, id, 0x65, 32, `Base-DN '${base}' not found`);
    const paged = controls.get(PAGED);
    const { size, from } = paged === undefined ? { size: limit === 0 ? found.length : limit, from: 0 } : pageOf(paged);
    for (const entry of found.slice(from, from + size)) this.#entry(socket, id, entry, attributes);
    const next = from + size < found.length ? String(from + size) : "";
    this.#done(socket, id, 0x65, paged === undefined && next !== "" ? 4 : 0, "", paged === undefined ? undefined : next);
  }

  #found(base: string, isOne: boolean, filter: Filter, deleted: boolean): { dn: string; attributes: Record<string, Values> }[] | undefined {
    if (base === "") return [{ dn: "", attributes: this.#root() }];
    if (base === "CN=service") return [{ dn: base, attributes: { invocationId: [INVOCATION] } }];
    if (base === "CN=schema") {
      return this.schema
        .map((name) => ({
          dn: `CN=${name}`,
          attributes: {
            lDAPDisplayName: [name],
            attributeSyntax: [this.isVendors && name.endsWith("HomeServer") ? "2.5.5.1" : "2.5.5.12"],
          },
        }))
        .filter((entry) => filter(entry.attributes));
    }
    const guid = /^<GUID=(.*)>$/.exec(base)?.[1];
    if (guid !== undefined) {
      const entry = this.entries.get(guid);
      return entry === undefined || entry.deleted ? undefined : [entry];
    }
    const container = base.startsWith("<WKGUID=");
    if (!container && base !== DOMAIN) return undefined;
    if (isOne) return [{ dn: base, attributes: { objectClass: ["domain"] } }];
    return [...this.entries.values()]
      .filter((entry) => entry.deleted === container && (!container || deleted))
      .map((entry) => ({
        dn: entry.dn,
        attributes: {
          ...entry.attributes,
          objectClass: ["user"],
          objectCategory: ["person"],
          uSNChanged: [String(entry.usn)],
          ...(entry.deleted ? { isDeleted: ["TRUE"] } : {}),
        },
      }))
      .filter((entry) => filter(entry.attributes));
  }

  #root(): Record<string, Values> {
    return {
      defaultNamingContext: [DOMAIN],
      schemaNamingContext: ["CN=schema"],
      dsServiceName: ["CN=service"],
      dnsHostName: ["dc.mini.test"],
      highestCommittedUSN: [String(this.usn)],
    };
  }

  #modify(socket: Socket, id: number, reader: BerReader): void {
    const dn = reader.readString() ?? "";
    if (this.#refused(socket, id, 0x67, "modify", dn)) return;
    const entry = this.entries.get(/^<GUID=(.*)>$/.exec(dn)?.[1] ?? "");
    if (entry === undefined || entry.deleted) return this.#done(socket, id, 0x67, 32, "not found");
    reader.readSequence();
    for (const end = reader.offset + reader.length; reader.offset < end;) {
      reader.readSequence();
      const kind = reader.readEnumeration();
      reader.readSequence();
      const name = reader.readString() ?? "";
      reader.readSequence(0x31);
      const values: string[] = [];
      for (const last = reader.offset + reader.length; reader.offset < last;) values.push(reader.readString() ?? "");
      const had = (entry.attributes[name] ?? []).map(String);
      const has = kind === 2 ? values : kind === 0 ? [...had, ...values] : had.filter((value) => !values.includes(value));
      entry.attributes = { ...entry.attributes, [name]: has };
    }
    entry.usn = this.usn += 1;
    this.#done(socket, id, 0x67, 0, "");
  }

  #refused(socket: Socket, id: number, tag: number, operation: "bind" | "search" | "modify", about: string): boolean {
    const answer = this.answer(operation, about);
    if (answer === "cut") socket.destroy();
    else if (answer !== undefined && answer !== "silent") this.#done(socket, id, tag, answer.code, answer.message);
    return answer !== undefined;
  }

  #entry(socket: Socket, id: number, entry: { dn: string; attributes: Record<string, Values> }, wanted: readonly string[]): void {
    const writer = new BerWriter();
    writer.startSequence();
    writer.writeInt(id);
    writer.startSequence(0x64);
    writer.writeString(entry.dn);
    writer.startSequence();
    for (const name of wanted) {
      const values = entry.attributes[name] ?? [];
      if (values.length === 0) continue;
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of values) writer.writeBuffer(Buffer.from(value), Ber.OctetString);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    writer.endSequence();
    writer.endSequence();
    socket.write(writer.buffer);
  }

  #done(socket: Socket, id: number, tag: number, code: number, message: string, cookie?: string): void {
    const writer = new BerWriter();
    writer.startSequence();
    writer.writeInt(id);
    writer.startSequence(tag);
    writer.writeEnumeration(code);
    writer.writeString("");
    writer.writeString(message);
    writer.endSequence();
    if (cookie !== undefined) {
      const value = new BerWriter();
      value.startSequence();
      value.writeInt(0);
      value.writeString(cookie);
      value.endSequence();
      writer.startSequence(0xa0);
      writer.startSequence();
      writer.writeString(PAGED);
      writer.writeBuffer(value.buffer, Ber.OctetString);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    socket.write(writer.buffer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

type Filter = (attributes: Record<string, Values>) => boolean;

/** What our own filters have: and, or, not, equality, at least, presence (RFC 4511 4.5.1.7). */
function parseFilter(reader: BerReader): Filter {
  const tag = reader.peek() ?? 0;
  if (tag === 0x87) {
    reader.readString(0x87);
    return () => true;
  }
  reader.readSequence(tag);
  const end = reader.offset + reader.length;
  if (tag === 0xa3 || tag === 0xa5) {
    const name = reader.readString() ?? "";
    const value = reader.readString() ?? "";
    return (attributes) => (attributes[name] ?? []).some((own) => (tag === 0xa3 ? String(own) === value : Number(own) >= Number(value)));
  }
  const parts: Filter[] = [];
  while (reader.offset < end) parts.push(parseFilter(reader));
  if (tag === 0xa0) return (attributes) => parts.every((part) => part(attributes));
  if (tag === 0xa1) return (attributes) => parts.some((part) => part(attributes));
  return (attributes) => !parts.some((part) => part(attributes));
}

function parseControls(reader: BerReader): Map<string, Buffer> {
  const controls = new Map<string, Buffer>();
  if (reader.remain === 0 || reader.readSequence(0xa0) === null) return controls;
  for (const end = reader.offset + reader.length; reader.offset < end;) {
    reader.readSequence();
    const last = reader.offset + reader.length;
    const type = reader.readString() ?? "";
    if (reader.offset < last && reader.peek() === Ber.Boolean) reader.readBoolean();
    controls.set(type, reader.offset < last ? (reader.readString(Ber.OctetString, true) ?? Buffer.alloc(0)) : Buffer.alloc(0));
  }
  return controls;
}

function pageOf(value: Buffer): { size: number; from: number } {
  const reader = new BerReader(value);
  reader.readSequence();
  return { size: reader.readInt() ?? 0, from: Number(reader.readString() ?? "") };
}
