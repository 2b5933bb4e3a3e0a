/** The pool's endpoint for the pilot: its cmdlets over a session, with a token of the service got at the client. */
import { MoveCmdlets, type HomedCounters, type HostedToken, type RemoteSession } from "@tieline/connector";
import { recognise } from "@tieline/fault";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Pilot, PilotFinding, PilotMove, PilotPool } from "./pilot-moves.ts";

const ONLINE = "sipfed.online.lync.com";

export class SessionPool implements PilotPool {
  readonly online = ONLINE;
  readonly pool: string;
  readonly #session: RemoteSession;
  readonly #token: HostedToken;
  readonly #cmdlets: MoveCmdlets;

  constructor(session: RemoteSession, pool: string, token: HostedToken) {
    this.#session = session;
    this.pool = pool;
    this.#token = token;
    this.#cmdlets = new MoveCmdlets(session, pool);
  }

  counters(): Promise<HomedCounters> {
    return this.#cmdlets.counters();
  }

  async homed(where: "online" | "on-premises", names: readonly string[], most: number): Promise<readonly Pilot[]> {
    const there = where === "online" ? `HostingProvider -eq "${ONLINE}"` : 'HostingProvider -eq "SRV:"';
    const named = names.length === 0 ? undefined : names.map((name) => `SipAddress -eq "sip:${name}"`).join(" -or ");
    const known = named === undefined ? [] : await this.#users(`${there} -and (${named})`, most);
    const first = known.toSorted((a, b) => names.indexOf(a.address.toLowerCase()) - names.indexOf(b.address.toLowerCase()));
    if (first.length >= most) return first.slice(0, most);
    const others = (await this.#users(there, most + names.length)).filter(({ address }) => !first.some((user) => user.address === address));
    return [...first, ...others].slice(0, most);
  }

  async check(users: readonly Pilot[], target: string): Promise<readonly PilotFinding[]> {
    if (users.length === 0) return [];
    const access = { hostedMigrationUrl: this.#token.url, accessToken: this.#token.accessToken };
    const { batchId } = await this.#cmdlets.create({ name: `Pilot ${new Date().toISOString()}`, target }, access);
    try {
      await this.#cmdlets.add(
        batchId,
        users.map(({ address }) => address),
      );
      const found: PilotFinding[] = [];
      for await (const { sipAddress, ...finding } of this.#cmdlets.check(batchId)) found.push({ ...finding, address: bare(sipAddress) });
      return found;
    } finally {
      await this.#cmdlets.remove(batchId);
    }
  }

  async move({ address }: Pilot, target: string): Promise<PilotMove> {
    const { url, accessToken } = this.#token;
    const run = this.#session
      .pipeline()
      .command("Move-CsUser")
      .parameters({
        Identity: address,
        Target: target,
        AccessTokens: [accessToken],
        HostedMigrationOverrideUrl: url,
        Confirm: false,
        Verbose: true,
      })
      .run();
    const said: string[] = [];
    let refused: PilotMove["refused"];
    for await (const record of run) {
      if (record.stream === "verbose") said.push(...stepIn(record.record.message));
      if (record.stream !== "error") continue;
      const { text, details } = record.record;
      refused = { text, cure: recognise({ text })?.cure ?? details?.recommendedAction ?? "" };
    }
    return { said, refused };
  }

  async #users(filter: string, most: number): Promise<Pilot[]> {
    const found: Pilot[] = [];
    for await (const value of this.#session.invoke("Get-CsUser", { Filter: filter, ResultSize: most })) {
      const [address, name] = [textOf(value, "SipAddress"), textOf(value, "DisplayName")];
      if (address !== "") found.push({ address: bare(address), displayName: name });
    }
    return found;
  }
}

/** What the user sees of a verbose line: without whom it is about and where to, which stand above. */
function stepIn(message: string): string[] {
  if (/^(HostedMigrationOverrideUrl|Performing the operation)\b/.test(message)) return [];
  const [, carried] = /^sip:\S+ is homed on \S+ now: (.*)$/.exec(message) ?? [];
  return [carried ?? message.replace(/( the (data|home) of)? sip:\S+$/, "").toLowerCase()];
}

const bare = (address: string): string => address.replace(/^sip:/i, "");

function textOf(value: PsValue, name: string): string {
  const found = value instanceof PsObject ? value.get(name) : null;
  return found === null || found === undefined ? "" : String(found as string | number);
}
