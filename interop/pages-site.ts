/** The online site with its pages on a loopback port, its factors within reach, and a Chromium that trusts it. */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import type { Account } from "../packages/server/src/directory/index.ts";
import { FileOutbox } from "../packages/server/src/identity/index.ts";
import { LabAuthority } from "../packages/server/src/lab/authority.ts";
import { prepareFolder } from "../packages/server/src/lab/data-folder.ts";
import { provision } from "../packages/server/src/lab/provision.ts";
import { LabSecrets } from "../packages/server/src/lab/secrets.ts";
import { serveSite } from "../packages/server/src/listeners.ts";
import { openSite, type Site } from "../packages/server/src/site.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Debian's, or undefined where there is none. */
export function findChromium(): string | undefined {
  return CHROMIUM.find((path) => existsSync(path));
}

export interface PagesSite extends AsyncDisposable {
  site: Site;
  base: string;
  browser: Browser;
  password(user: string): string;
  account(user: string): Promise<Account>;
  /** The last message in the outbox. */
  lastMessage(): { kind: string; to: string; text: string };
}

export async function openPagesSite(): Promise<PagesSite> {
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "tieline-pages-"));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  prepareFolder(folder);
  const secrets = LabSecrets.open(folder);
  const outbox = join(folder, "outbox");
  const site = opened.use(
    await openSite({
      kind: "online",
      folder,
      identity: { host: "login.online.lync.com", aliases: [], endpointHosts: ["admin0a.online.lync.com"], siteKey: secrets.identityKey },
      transport: new FileOutbox(outbox, Date.now),
      computer: "admin0a.online.lync.com",
      log: {
        info: () => undefined,
        warn: (facts: unknown, text: string) => console.log(`  log     ${text} ${JSON.stringify(facts)}`),
        error: () => undefined,
      } as never,
    }),
  );
  await provision(site, secrets, 3);
  for (const tenant of await site.directory.tenants.list())
    await site.identity?.settings(tenant.tenantId).set({ legacy: true }, Date.now());
  const authority = await LabAuthority.open(join(folder, "authority"), Date.now());
  const tls = await authority.server("online", ["localhost"], Date.now());
  const port = await freePort();
  opened.use(
    await serveSite(site, { mechanisms: { basic: true, ntlm: false }, ntlmNames: {}, https: { port, tls }, answer: () => undefined }),
  );
  const spki = new X509Certificate(tls.cert).publicKey.export({ type: "spki", format: "der" });
  const pin = createHash("sha256").update(spki).digest("base64");
  const browser = await chromium.launch({
    executablePath: findChromium() ?? "",
    args: ["--no-sandbox", `--ignore-certificate-errors-spki-list=${pin}`],
  });
  opened.defer(() => browser.close());
  const resources = opened.move();
  return {
    site,
    base: `https://localhost:${port}`,
    browser,
    password: (user) => secrets.password(user),
    account: async (user) => {
      const account = await site.directory.accounts.find(user);
      if (account === undefined) throw new Error(`no account ${user}`);
      return account;
    },
    lastMessage: () => {
      const last = readdirSync(outbox).sort().at(-1) ?? "";
      return JSON.parse(readFileSync(join(outbox, last), "utf8")) as { kind: string; to: string; text: string };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
