/** Asks this machine's desktop for its proxies. What is not there, fails or says nothing is passed over. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir, platform } from "node:os";
import { join } from "node:path";
import type { Environment } from "../environment.ts";
import { parseGsettings } from "./gsettings.ts";
import { parseKioslaverc } from "./kioslaverc.ts";
import { parseScutil } from "./scutil.ts";
import { namesAProxy, type ProxySettings } from "./settings.ts";
import { INTERNET_SETTINGS, parseInternetSettings, parseWinHttp } from "./windows.ts";

/** A program's standard output, or undefined where it is missing or fails. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string | undefined>;

export interface SystemProxySources {
  platform?: NodeJS.Platform;
  environment?: Environment;
  run?: RunProgram;
  readText?: (path: string) => Promise<string | undefined>;
}

const PATIENCE_MS = 3000;

/** The first desktop that names a proxy, or undefined. Never throws. */
export async function readSystemProxy(sources: SystemProxySources = {}): Promise<ProxySettings | undefined> {
  const { run = runProgram, readText = readFileText, environment = process.env } = sources;
  const parsed = async (
    parse: (text: string) => ProxySettings | undefined,
    text: Promise<string | undefined>,
  ): Promise<ProxySettings | undefined> => {
    const got = await text.catch(() => undefined);
    const settings = got === undefined ? undefined : parse(got);
    return settings !== undefined && namesAProxy(settings) ? settings : undefined;
  };
  switch (sources.platform ?? platform()) {
    case "win32":
      return (
        (await parsed(parseInternetSettings, run("reg", ["query", INTERNET_SETTINGS]))) ??
        (await parsed(parseWinHttp, run("netsh", ["winhttp", "show", "proxy"])))
      );
    case "darwin":
      return parsed(parseScutil, run("/usr/sbin/scutil", ["--proxy"]));
    default: {
      // Without a desktop's session there is nobody to ask, and nothing to wait for.
      if (!DESKTOP.some((name) => (environment[name] ?? "") !== "")) return undefined;
      const config = environment["XDG_CONFIG_HOME"] ?? join(environment["HOME"] ?? homedir(), ".config");
      const kde = (): Promise<ProxySettings | undefined> => parsed(parseKioslaverc, readText(join(config, "kioslaverc")));
      const gnome = (): Promise<ProxySettings | undefined> =>
        parsed(parseGsettings, run("gsettings", ["list-recursively", "org.gnome.system.proxy"]));
      const inKde = /kde/i.test(environment["XDG_CURRENT_DESKTOP"] ?? "");
      return inKde ? ((await kde()) ?? (await gnome())) : ((await gnome()) ?? (await kde()));
    }
  }
}

const DESKTOP = ["XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"];

function runProgram(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: PATIENCE_MS, maxBuffer: 1024 * 1024, windowsHide: true }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}

async function readFileText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8");
}
