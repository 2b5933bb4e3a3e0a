/**
 * Where a name really lives: curl's `--connect-to` and the lab's name map are one thing.
 *
 * An entry says "for HOST:PORT, connect to ADDRESS:PORT"; an empty host or port of the left side stands for any, an
 * empty one of the right side for the same. TLS and the Host header keep the original name, so certificates still fit.
 */
import { Fault } from "@tieline/fault";

export interface Place {
  host: string;
  port: number;
}

interface Entry {
  host: string;
  port: number | undefined;
  toHost: string;
  toPort: number | undefined;
}

export class NameMap {
  readonly #entries: Entry[] = [];

  /**
   * Entries in the form `host:port:address:port`, the first that fits wins; IPv6 addresses stand in brackets.
   *
   * @throws Fault `usage` where an entry has another form.
   * @example
   * ```ts
   * NameMap.of(["admin0a.online.lync.com:443:127.0.0.1:40443"]).find({ host: "admin0a.online.lync.com", port: 443 });
   * // { host: "127.0.0.1", port: 40443 }
   * ```
   */
  static of(entries: Iterable<string>): NameMap {
    const map = new NameMap();
    for (const entry of entries) map.add(entry);
    return map;
  }

  /** Several maps as one; the earlier wins. */
  static join(...maps: readonly NameMap[]): NameMap {
    const joined = new NameMap();
    for (const map of maps) joined.#entries.push(...map.#entries);
    return joined;
  }

  add(entry: string): void {
    const parts = /^(\[[0-9a-f:.]*\]|[^:[\]]*):([0-9]*):(\[[0-9a-f:.]*\]|[^:[\]]*):([0-9]*)$/i.exec(entry.trim());
    const port = Number(parts?.[2] ?? "");
    const toPort = Number(parts?.[4] ?? "");
    if (parts === null || port > 65_535 || toPort > 65_535) {
      throw new Fault("usage", {
        what: `"${entry}" is not of the form host:port:address:port.`,
        hint: "Example: --connect-to admin0a.online.lync.com:443:127.0.0.1:40443",
      });
    }
    this.#entries.push({
      host: bare(parts[1] ?? ""),
      port: parts[2] === "" ? undefined : port,
      toHost: bare(parts[3] ?? ""),
      toPort: parts[4] === "" ? undefined : toPort,
    });
  }

  /** Where to connect for this place: itself, if no entry fits. */
  find(place: Place): Place {
    const host = place.host.toLowerCase().replace(/\.$/, "");
    const entry = this.#entries.find((e) => (e.host === "" || e.host === host) && (e.port === undefined || e.port === place.port));
    if (entry === undefined) return place;
    return { host: entry.toHost === "" ? place.host : entry.toHost, port: entry.toPort ?? place.port };
  }

  toJSON(): string[] {
    const bracket = (host: string): string => (host.includes(":") ? `[${host}]` : host);
    return this.#entries.map((e) => `${bracket(e.host)}:${e.port ?? ""}:${bracket(e.toHost)}:${e.toPort ?? ""}`);
  }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}
