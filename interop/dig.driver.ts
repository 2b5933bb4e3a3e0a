/** ISC's dig (Debian's bind9-dnsutils) against the lab's name server, over UDP and TCP. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { labZones } from "../packages/server/src/lab/dns-records.ts";
import { serveDns } from "../packages/server/src/lab/dns-server.ts";
import type { Zone } from "../packages/server/src/lab/dns-zone.ts";
import { freePort } from "./child.ts";
import { cases, type Driver } from "./driver.ts";

/** More addresses than a datagram holds. */
const LARGE: Zone = {
  name: "large.test",
  records: Array.from({ length: 200 }, (_, i) => ({ name: "large.test", type: "A" as const, data: `127.0.1.${i + 1}` })),
};

interface Dug {
  status: string;
  flags: string;
  /** The records of the answer section, white space made single. */
  answers: string[];
  text: string;
}

export const driver: Driver = {
  name: "dig against the lab's name server",
  needs: () => (spawnSync("dig", ["-v"]).error === undefined ? undefined : "no dig (Debian: bind9-dnsutils)"),
  async run() {
    const port = await freePort();
    await using _server = await serveDns({ port, zones: [...labZones(), LARGE] });
    const dig = (...words: string[]): Promise<Dug> => run(["@127.0.0.1", "-p", String(port), "+tries=1", "+time=5", ...words]);
    return await cases([
      ["a host", async () => same(await dig("admin0a.online.lync.com"), "NOERROR", ["admin0a.online.lync.com. 60 IN A 127.0.0.1"])],
      [
        "an alias with what it leads to, in one answer, over UDP and TCP",
        async () => {
          const expected = ["lyncdiscover.contoso.com. 60 IN CNAME webdir.online.lync.com.", "webdir.online.lync.com. 60 IN A 127.0.0.1"];
          same(await dig("lyncdiscover.contoso.com"), "NOERROR", expected);
          same(await dig("+tcp", "lyncdiscover.contoso.com"), "NOERROR", expected);
        },
      ],
      [
        "services of a domain",
        async () => {
          same(await dig("_sip._tls.contoso.com", "SRV"), "NOERROR", ["_sip._tls.contoso.com. 60 IN SRV 0 0 443 sipdir.online.lync.com."]);
          same(await dig("_sipfederationtls._tcp.fabrikam.com", "SRV"), "NOERROR", [
            "_sipfederationtls._tcp.fabrikam.com. 60 IN SRV 0 0 5061 sipfed.online.lync.com.",
          ]);
        },
      ],
      [
        "authority: aa is set, recursion is not offered, a zone has SOA and NS",
        async () => {
          const dug = await dig("contoso.com", "SOA");
          assert.deepEqual([dug.flags, dug.answers.length], ["qr aa rd", 1]);
          same(await dig("contoso.com", "NS"), "NOERROR", ["contoso.com. 60 IN NS ns.contoso.com."]);
        },
      ],
      ["no such name", async () => same(await dig("nobody.contoso.com"), "NXDOMAIN", [])],
      [
        "no such type, and a name with names below it only",
        async () => {
          same(await dig("admin0a.online.lync.com", "AAAA"), "NOERROR", []);
          same(await dig("_tcp.contoso.com"), "NOERROR", []);
        },
      ],
      [
        "a foreign zone, another class, a zone transfer",
        async () => {
          same(await dig("example.org"), "REFUSED", []);
          same(await dig("-c", "CH", "version.bind", "TXT"), "REFUSED", []);
          assert.match((await dig("contoso.com", "AXFR")).text, /Transfer failed/);
        },
      ],
      ["another operation", async () => same(await dig("+opcode=notify", "contoso.com"), "NOTIMP", [])],
      [
        "EDNS as dig speaks it, with a cookie; none where none was spoken",
        async () => {
          assert.match((await dig("contoso.com", "NS")).text, /EDNS: version: 0, flags:; udp: 1232/);
          assert.doesNotMatch((await dig("+noedns", "contoso.com", "NS")).text, /EDNS/);
        },
      ],
      ["a version of EDNS that nobody has", async () => same(await dig("+edns=7", "+noednsnegotiation", "contoso.com"), "BADVERS", [])],
      [
        "an answer that is too large for a datagram is asked again over TCP",
        async () => {
          const dug = await dig("large.test");
          assert.equal(dug.answers.length, 200);
          assert.match(dug.text, /Truncated, retrying in TCP mode/);
          assert.match((await dig("+ignore", "large.test")).flags, /\btc\b/);
        },
      ],
      [
        "letter case comes back as it was asked",
        async () => assert.match((await dig("AdMiN0a.OnLiNe.LyNc.CoM")).text, /;AdMiN0a\.OnLiNe\.LyNc\.CoM\./),
      ],
      [
        "several questions over one connection",
        async () => {
          const dug = await dig("+tcp", "+keepopen", "admin0a.online.lync.com", "pool01.contoso.local");
          assert.equal(dug.text.match(/status: NOERROR/g)?.length, 2);
        },
      ],
    ]);
  },
};

function same(dug: Dug, status: string, answers: readonly string[]): void {
  assert.deepEqual([dug.status, dug.answers], [status, answers], dug.text);
}

function run(words: readonly string[]): Promise<Dug> {
  return new Promise((resolve, reject) => {
    const child = spawn("dig", words, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.once("error", reject);
    child.once("close", () => {
      const section = /;; ANSWER SECTION:\n([^]*?)\n\n/.exec(text)?.[1] ?? "";
      resolve({
        status: /status: ([A-Z]+)/.exec(text)?.[1] ?? "",
        flags: /;; flags: ([a-z ]*);/.exec(text)?.[1] ?? "",
        answers: section === "" ? [] : section.split("\n").map((line) => line.replace(/\s+/g, " ")),
        text,
      });
    });
  });
}
