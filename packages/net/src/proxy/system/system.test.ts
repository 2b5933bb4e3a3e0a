/** The desktops' own words: GNOME's and KDE's as their programs write them, macOS's and Windows' as documented (no such machine was at hand). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { proxyName } from "../proxy.ts";
import { parseGsettings } from "./gsettings.ts";
import { parseKioslaverc } from "./kioslaverc.ts";
import { readSystemProxy } from "./read-system-proxy.ts";
import { parseScutil } from "./scutil.ts";
import { chooseBySettings, type ProxySettings } from "./settings.ts";
import { INTERNET_SETTINGS, parseInternetSettings, parseWinHttp } from "./windows.ts";

function shown(settings: ProxySettings | undefined): unknown {
  if (settings === undefined) return undefined;
  const { http, https, socks, ...rest } = settings;
  const proxies = Object.entries({ http, https, socks }).flatMap(([name, proxy]) =>
    proxy === undefined ? [] : [`${name}=${proxy.kind} ${proxyName(proxy)}`],
  );
  return { proxies, ...rest };
}

const gnome = (mode: string, more = ""): string => `org.gnome.system.proxy autoconfig-url 'http://pac.test/p.pac'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '*.corp.test']
org.gnome.system.proxy mode '${mode}'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.ftp host ''
org.gnome.system.proxy.ftp port 0
org.gnome.system.proxy.http authentication-password ''
org.gnome.system.proxy.http host 'proxy.corp.test'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.https host ''
org.gnome.system.proxy.https port 0
org.gnome.system.proxy.socks host 'socks.corp.test'
org.gnome.system.proxy.socks port 1080
${more}`;
const IGNORED = ["localhost", "127.0.0.0/8", "*.corp.test"];

test.each([
  ["none", { proxies: [], exceptions: [] }],
  ["auto", { proxies: [], exceptions: IGNORED, script: "http://pac.test/p.pac" }],
  [
    "manual",
    {
      proxies: ["http=http proxy.corp.test:8080", "https=http proxy.corp.test:8080", "socks=socks5 socks.corp.test:1080"],
      exceptions: IGNORED,
    },
  ],
])("GNOME, mode %s", (mode, expected) => {
  expect(shown(parseGsettings(gnome(mode)))).toEqual(expected);
});

test("GNOME without a script's address looks for one; anything else is not GNOME's", () => {
  expect(parseGsettings("org.gnome.system.proxy mode 'auto'\norg.gnome.system.proxy autoconfig-url ''")).toEqual({
    exceptions: [],
    discover: true,
  });
  expect(parseGsettings("No such schema “org.gnome.system.proxy”")).toBeUndefined();
});

const kde = (type: number): string => `[$Version]
update_info=kioslave.upd:kde2.2/r1
[Proxy Settings]
NoProxyFor=localhost,.corp.test
Proxy Config Script=http://pac.test/k.pac
ProxyType=${type}
ReversedException=false
httpProxy=http://proxy.corp.test 3128
httpsProxy[$e]=http://proxy.corp.test:3129
socksProxy=socks://socks.corp.test 1080
[Other]
ProxyType=1
`;
const KDE_IGNORED = ["localhost", ".corp.test"];
test.each([
  [0, { proxies: [], exceptions: [] }],
  [
    1,
    {
      proxies: ["http=http proxy.corp.test:3128", "https=http proxy.corp.test:3129", "socks=socks5 socks.corp.test:1080"],
      exceptions: KDE_IGNORED,
    },
  ],
  [2, { proxies: [], exceptions: KDE_IGNORED, script: "http://pac.test/k.pac" }],
  [3, { proxies: [], exceptions: KDE_IGNORED, discover: true }],
  [4, { proxies: [], exceptions: [] }],
])("KDE, ProxyType %i", (type, expected) => {
  expect(shown(parseKioslaverc(kde(type)))).toEqual(expected);
  expect(parseKioslaverc("[Other]\nProxyType=1")).toBeUndefined();
});

test("macOS", () => {
  const output = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : proxy.corp.test
  HTTPSEnable : 0
  HTTPSPort : 8443
  HTTPSProxy : unused.corp.test
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : http://pac.test/m.pac
  ProxyAutoDiscoveryEnable : 0
  SOCKSEnable : 1
  SOCKSPort : 1080
  SOCKSProxy : socks.corp.test
  __SCOPED__ : <dictionary> {
    en0 : <dictionary> {
      HTTPEnable : 0
      HTTPProxy : scoped.corp.test
    }
  }
}
`;
  expect(shown(parseScutil(output))).toEqual({
    proxies: ["http=http proxy.corp.test:8080", "socks=socks5 socks.corp.test:1080"],
    exceptions: ["*.local", "169.254/16", "<local>"],
    script: "http://pac.test/m.pac",
  });
  expect(parseScutil("scutil: command not found")).toBeUndefined();
});

const key = (lines: string): string =>
  `\r\nHKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\r\n${lines}\r\n`;
test.each([
  ["nothing set", "    ProxyEnable    REG_DWORD    0x0\r\n    ProxyServer    REG_SZ    proxy:1", { proxies: [], exceptions: [] }],
  [
    "one for all",
    "    ProxyEnable    REG_DWORD    0x1\r\n    ProxyServer    REG_SZ    proxy.corp.test:8080\r\n    ProxyOverride    REG_SZ    *.corp.test;10.*;<local>",
    { proxies: ["http=http proxy.corp.test:8080", "https=http proxy.corp.test:8080"], exceptions: ["*.corp.test", "10.*", "<local>"] },
  ],
  [
    "one a scheme, and a script",
    "    ProxyEnable    REG_DWORD    0x1\r\n    ProxyServer    REG_SZ    http=a:1;https=http://b:2;ftp=c:3;socks=d:4\r\n    AutoConfigURL    REG_SZ    http://pac.test/w.pac",
    { proxies: ["http=http a:1", "https=http b:2", "socks=socks5 d:4"], exceptions: [], script: "http://pac.test/w.pac" },
  ],
])("Windows' Internet options: %s", (_title, lines, expected) => {
  expect(shown(parseInternetSettings(key(lines)))).toEqual(expected);
});

test("Windows' WinHTTP settings, whatever its language", () => {
  const german = `\r\nAktuelle WinHTTP-Proxyeinstellungen:\r\n\r\n    Proxyserver:   proxy.corp.test:8080\r\n    Umgehungsliste     :   *.corp.test;<local>\r\n`;
  expect(shown(parseWinHttp(german))).toEqual({
    proxies: ["http=http proxy.corp.test:8080", "https=http proxy.corp.test:8080"],
    exceptions: ["*.corp.test", "<local>"],
  });
  expect(parseWinHttp("\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Direct access (no proxy server).\r\n")).toBeUndefined();
});

test("a desktop is asked by its own programs; what is not there is passed over", async () => {
  const asked: string[] = [];
  const run = (program: string, args: readonly string[]): Promise<string | undefined> => {
    asked.push([program, ...args].join(" "));
    return Promise.resolve(
      program === "netsh" ? "x\r\n    P: proxy.corp.test:1\r\n    B: (none)" : program === "gsettings" ? gnome("manual") : undefined,
    );
  };
  const readText = (path: string): Promise<string> =>
    path === "/home/a/.config/kioslaverc" ? Promise.resolve(kde(1)) : Promise.reject(new Error("ENOENT"));
  const linux = { platform: "linux", run, readText } as const;
  expect(await readSystemProxy({ ...linux, environment: {} })).toBeUndefined();
  expect(asked).toEqual([]);
  expect((await readSystemProxy({ ...linux, environment: { DISPLAY: ":0" } }))?.http?.port).toBe(8080);
  expect((await readSystemProxy({ ...linux, environment: { XDG_CURRENT_DESKTOP: "KDE", HOME: "/home/a" } }))?.http?.port).toBe(3128);
  expect((await readSystemProxy({ ...linux, environment: { XDG_CURRENT_DESKTOP: "KDE", HOME: "/home/b" } }))?.http?.port).toBe(8080);
  expect((await readSystemProxy({ platform: "win32", run }))?.https?.port).toBe(1);
  expect(await readSystemProxy({ platform: "darwin", run })).toBeUndefined();
  expect(asked).toContain(`reg query ${INTERNET_SETTINGS}`);
  expect(asked).toContain("/usr/sbin/scutil --proxy");
});

test("the file of KDE is found where XDG puts it", async () => {
  const home = mkdtempSync(join(tmpdir(), "tieline-kde-"));
  try {
    mkdirSync(join(home, "config"));
    writeFileSync(join(home, "config", "kioslaverc"), kde(1));
    const environment = { XDG_CURRENT_DESKTOP: "KDE", XDG_CONFIG_HOME: join(home, "config") };
    expect((await readSystemProxy({ platform: "linux", environment }))?.https).toMatchObject({ host: "proxy.corp.test", port: 3129 });
  } finally {
    rmSync(home, { recursive: true });
  }
});

test("the choice by a desktop's settings: each scheme its own, SOCKS for the rest, exceptions and loopback direct", async () => {
  const choice = chooseBySettings(parseGsettings(gnome("manual")) as ProxySettings);
  const to = async (protocol: "http:" | "https:", host: string): Promise<string> => {
    const [hop] = await choice({ protocol, host, port: 443 });
    return hop === undefined || hop === "direct" ? "direct" : hop.host;
  };
  expect(await to("https:", "admin0a.online.lync.com")).toBe("proxy.corp.test");
  expect(await to("https:", "a.corp.test")).toBe("direct");
  expect(await to("https:", "localhost")).toBe("direct");
  const socksOnly = chooseBySettings({ exceptions: [], socks: { kind: "socks5", host: "s", port: 1 } });
  expect(await socksOnly({ protocol: "http:", host: "a.test", port: 80 })).toMatchObject([{ host: "s" }]);
});
