/**
 * Signs in in every way at a lab in a process of its own, rightly and wrongly, by hand and by the command line, lets the lab
 * crash, and then looks for every secret that went by: in the lab's folder (database with its write-ahead log, logs), in
 * what both printed, with --verbose too, in their arguments and environments, in the crash report, and in the command
 * line's own folders.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseIssueResponse } from "@tieline/auth";
import { Dialler } from "@tieline/net";
import { connect } from "@tieline/remoting";
import { SecureString } from "@tieline/remoting/objects";
import { ended } from "./child.ts";
import { cases, type Driver } from "./driver.ts";
import type { LabFacts } from "./fuzz/service.ts";
import { SecretSearch } from "./secret-search.ts";
import { LOGIN_HOST as HOST, trustMessage } from "./trust-message.ts";

const PUBLIC = "1950a258-227b-4e31-a9cf-717495945fc2";
const AUTOMATION = "5f1a4a52-0c7e-4a57-9a41-7a1e11e00001";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const USER = "admin@contoso.com";
const FORM = "application/x-www-form-urlencoded";
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const drawn = (): string => `Zz9-${randomBytes(12).toString("hex")}+/é`;

async function run() {
  const folder = mkdtempSync(join(tmpdir(), "tieline-secrets-"));
  const [data, home, reports] = ["data", "home", "reports"].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [home, reports]) mkdirSync(each);
  const search = new SecretSearch();
  const printed: string[] = [];
  const processes: string[] = [];
  const options = ["--conditions=@tieline/source", "--expose-gc", "--report-uncaught-exception", `--report-directory=${reports}`];
  const lab = spawn(process.execPath, [...options, here("fuzz/lab-child.ts"), data], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  for (const stream of [lab.stdout, lab.stderr]) stream?.on("data", (text: Buffer) => void printed.push(text.toString()));
  try {
    const facts = (await once(lab, "message", { signal: AbortSignal.timeout(60_000) }))[0] as LabFacts;
    const right = facts.passwords[USER] as string;
    const wrong = drawn();
    search.add("the right password", right);
    search.add("a wrong password", wrong);
    const send = sender(facts);
    const tokenOf = async (form: Record<string, string>): Promise<Record<string, unknown>> =>
      JSON.parse(
        (await send("/contoso.com/oauth2/token", FORM, new URLSearchParams({ resource: TARGET, ...form }).toString())).body,
      ) as Record<string, unknown>;
    const keep = (name: string, answer: Record<string, unknown>): void => {
      for (const each of ["access_token", "refresh_token", "id_token"]) {
        const token = answer[each];
        if (typeof token !== "string") continue;
        // Its head is the same for all tokens; of a signed one the signature is what must not be known.
        search.add(`${name}'s ${each}`, token.split(".").at(-1) ?? token);
      }
    };
    const byPassword = { grant_type: "password", client_id: PUBLIC, username: USER };
    return await cases(
      [
        [
          "a needle is found in every spelling, or this proves nothing",
          async () => {
            const trial = new SecretSearch();
            trial.add("needle", wrong);
            for (const text of [
              wrong,
              `x ${Buffer.from(`admin:${wrong}`).toString("base64")}`,
              Buffer.from(`ad:${wrong}!`).toString("base64url"),
              encodeURIComponent(wrong),
              Buffer.from(wrong).toString("hex"),
              Buffer.from(wrong, "utf16le").toString("latin1"),
            ])
              assert.notDeepEqual(trial.within("here", Buffer.from(text, text.includes("\0") ? "latin1" : "utf8")), [], text);
          },
        ],
        [
          "tokens by password, right and wrong, and by refresh",
          async () => {
            const got = await tokenOf({ ...byPassword, password: right });
            keep("password", got);
            assert.ok(got["access_token"]);
            keep("refresh", await tokenOf({ grant_type: "refresh_token", client_id: PUBLIC, refresh_token: String(got["refresh_token"]) }));
            for (const password of [wrong, right.slice(1)]) await tokenOf({ ...byPassword, password });
            // Where they do not belong, and in requests that are refused for another reason.
            const strange = [drawn(), drawn(), drawn()] as const;
            strange.forEach((each, i) => search.add(`a misplaced secret ${i}`, each));
            await tokenOf({ ...byPassword, password: strange[0], client_secret: strange[0] });
            await tokenOf({ grant_type: "refresh_token", client_id: PUBLIC, refresh_token: strange[1] });
            await tokenOf({
              grant_type: "authorization_code",
              client_id: PUBLIC,
              code: strange[2],
              code_verifier: strange[2],
              redirect_uri: "http://localhost",
            });
            await send("/contoso.com/oauth2/token", "text/plain", `password=${strange[0]}`);
            await send("/nobody.example/oauth2/token", FORM, new URLSearchParams({ ...byPassword, password: strange[1] }).toString());
          },
        ],
        [
          "an application's secret, assertion and a device code",
          async () => {
            const [secret, assertion] = [
              drawn(),
              `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.${Buffer.from(`{"iss":"${AUTOMATION}"}`).toString("base64url")}.${randomBytes(40).toString("base64url")}`,
            ];
            search.add("an application's secret", secret);
            search.add("an application's assertion", assertion);
            await tokenOf({ grant_type: "client_credentials", client_id: AUTOMATION, client_secret: secret });
            await tokenOf({
              grant_type: "client_credentials",
              client_id: AUTOMATION,
              client_assertion: assertion,
              client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            });
            await send("/contoso.com/oauth2/token", FORM, "grant_type=client_credentials", {
              authorization: `Basic ${Buffer.from(`${AUTOMATION}:${secret}`).toString("base64")}`,
            });
            const asked = JSON.parse(
              (await send("/contoso.com/oauth2/devicecode", FORM, new URLSearchParams({ client_id: PUBLIC, resource: TARGET }).toString()))
                .body,
            ) as Record<string, string>;
            search.add("a device code", asked["device_code"] ?? "");
            search.add("a user code", asked["user_code"] ?? "");
            await tokenOf({ grant_type: "device_code", client_id: PUBLIC, code: asked["device_code"] ?? "" });
          },
        ],
        [
          "WS-Trust and web tickets, rightly and wrongly",
          async () => {
            for (const password of [right, wrong]) {
              const { body } = await send(
                "/RST2.srf",
                "application/soap+xml; charset=utf-8",
                trustMessage({ kind: "password", user: USER, password }),
              );
              if (password === wrong) continue;
              search.add(
                "an assertion's signature",
                /<ds:SignatureValue>([^<]+)/.exec(parseIssueResponse(body, HOST).xml)?.[1]?.slice(0, 76) ?? "",
              );
            }
            await send(
              "/RST2.srf",
              "application/soap+xml; charset=utf-8",
              trustMessage({ kind: "password", user: USER, password: wrong }).replace("</s:Envelope>", ""),
            );
            const fields = { grant_type: "password", username: USER, resource: TARGET };
            keep(
              "web ticket",
              JSON.parse(
                (await send("/WebTicket/oauthtoken", FORM, new URLSearchParams({ ...fields, password: right }).toString())).body,
              ) as Record<string, unknown>,
            );
            await send("/WebTicket/oauthtoken", FORM, new URLSearchParams({ ...fields, password: wrong }).toString());
          },
        ],
        [
          "sessions by Basic, and a cmdlet that is given a SecureString and a secret that does not belong there",
          async () => {
            const [secure, misplaced] = [drawn(), drawn()];
            search.add("a SecureString", secure);
            search.add("a token in Basic", misplaced);
            const uri = `https://localhost:${facts.ports["online-https"]}/OcsPowershellLiveId`;
            const dialler = new Dialler({ tls: { authorities: [readFileSync(join(data, facts.authority), "utf8")] } });
            const by = (password: string, user = USER) =>
              connect({
                transport: { kind: "wsman", uri, credential: { kind: "password", user, password }, authentication: "Basic", dialler },
              });
            await assert.rejects(by(wrong));
            await assert.rejects(by(misplaced, "oauth"));
            await using session = await by(right);
            const pipeline = session
              .pipeline()
              .command("Set-MsolDomainAuthentication")
              .parameters({ DomainName: "contoso.com", Authentication: "Managed", ClientSecret: new SecureString(secure) as never });
            await pipeline
              .run()
              .toArray()
              .catch(() => undefined);
            await session
              .pipeline()
              .command("Get-CsTenant")
              .parameter("Password", new SecureString(secure) as never)
              .run()
              .toArray()
              .catch(() => undefined);
          },
        ],
        [
          "the command line, with --verbose, in every way that needs no person",
          async () => {
            const file = join(folder, "password");
            const badFile = join(folder, "wrong");
            writeFileSync(file, right, { mode: 0o600 });
            writeFileSync(badFile, wrong, { mode: 0o600 });
            const authority = (name: string): string => join(data, "authority", name);
            const ways = [
              ["--user", USER, "--password-file", file],
              ["--user", USER, "--password-file", badFile],
              ["--user", USER, "--sign-in", "password", "--password-file", file],
              ["--user", USER, "--sign-in", "password", "--password-file", badFile],
              ["--user", USER, "--sign-in", "legacy", "--password-file", file],
              [
                "--tenant",
                "contoso.com",
                "--client-id",
                AUTOMATION,
                "--certificate-file",
                authority("automation.crt"),
                "--key-file",
                authority("automation.key"),
              ],
              ["--tenant", "contoso.com", "--client-id", AUTOMATION, "--client-secret-file", badFile],
            ];
            const codes: (number | null)[] = [];
            for (const way of ways) {
              const args = [
                "--conditions=@tieline/source",
                here("../packages/cli/src/bin.ts"),
                "invoke",
                "--lab",
                "--data",
                data,
                "--verbose",
                ...way,
                "Get-CsTenant",
              ];
              const environment = { PATH: process.env["PATH"], HOME: home, NO_COLOR: "1" };
              const child = spawn(process.execPath, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
              for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text: Buffer) => void printed.push(text.toString()));
              const looking = setInterval(() => processes.push(...processTexts([child.pid, lab.pid])), 50);
              codes.push(await exitOf(child));
              clearInterval(looking);
            }
            console.log(`          exit codes ${codes.join(", ")}; ${processes.length} looks at arguments and environments`);
            assert.equal(codes[0], 0);
            assert.ok(codes.filter((code) => code === 0).length >= 3, printed.slice(-5).join(""));
          },
        ],
        [
          "nothing is found: folders, database, logs, arguments, environments, what was printed",
          async () => {
            const isPlace = (path: string): boolean =>
              /\.(key|pfx)$/.test(path) || path.startsWith(join(folder, "password")) || path === join(folder, "wrong");
            const { found, files, bytes } = search.below(folder, isPlace);
            found.push(...search.within("what was printed", printed.join("\n")), ...search.within("processes", processes.join("\n")));
            console.log(`          ${search.size} needles in ${files} files of ${(bytes / 1e6).toFixed(1)} MB: ${found.length} found`);
            assert.deepEqual(found, []);
            assert.deepEqual(search.within("where it belongs", readFileSync(join(folder, "password"))).length > 0, true);
          },
        ],
        [
          "nothing is found after a crash: standard error, report, what lies on the disk",
          async () => {
            // In its hands when it dies.
            const pending = [right, wrong].map((password) => tokenOf({ ...byPassword, password }).catch(() => undefined));
            lab.send("crash");
            await exitOf(lab);
            await Promise.all(pending);
            const left = readdirSync(reports);
            assert.equal(left.length, 1);
            assert.match(printed.join(""), /a crash on purpose/);
            const { found } = search.below(
              folder,
              (path) => /\.(key|pfx)$/.test(path) || path.startsWith(join(folder, "password")) || path === join(folder, "wrong"),
            );
            found.push(...search.within("what was printed", printed.join("\n")));
            assert.deepEqual(found, []);
          },
        ],
      ],
      180_000,
    );
  } finally {
    await ended(lab);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Arguments and environment of these processes and of those that they have started. */
function processTexts(pids: readonly (number | undefined)[]): string[] {
  const texts: string[] = [];
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return "";
    }
  };
  for (const pid of pids.filter((each) => each !== undefined)) {
    texts.push(read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`));
    const children = read(`/proc/${pid}/task/${pid}/children`).trim();
    if (children !== "") texts.push(...processTexts(children.split(" ").map(Number)));
  }
  return texts;
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  return code;
}

/** One POST at the lab's listener, under the authority's name. */
function sender(
  facts: LabFacts,
): (path: string, type: string, body: string, more?: Record<string, string>) => Promise<{ status: number; body: string }> {
  const ca = readFileSync(join(facts.folder, facts.authority));
  return (path, type, body, more = {}) =>
    new Promise((resolve, reject) => {
      const headers = { host: HOST, "content-type": type, "content-length": String(Buffer.byteLength(body)), ...more };
      const asked = request(
        { host: "127.0.0.1", servername: "localhost", port: facts.ports["online-https"], path, method: "POST", ca, agent: false, headers },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
        },
      );
      asked.on("error", reject).end(body);
    });
}

export const driver: Driver = {
  name: "secrets",
  needs: () => (process.platform === "linux" ? undefined : "processes are looked at by /proc"),
  run,
};
