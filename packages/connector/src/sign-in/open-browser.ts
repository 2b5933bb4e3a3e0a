/** The system's browser, started without a shell: an address is data, and never a command. */
import { spawn } from "node:child_process";

export type Environment = Readonly<Record<string, string | undefined>>;

interface Opener {
  command: string;
  arguments: readonly string[];
}

/** Which program opens an address here; undefined where there is no desktop (or one only at the far end of an SSH session). */
export function openerFor(platform: NodeJS.Platform, environment: Environment): Opener | undefined {
  if (environment["SSH_CONNECTION"] !== undefined && environment["DISPLAY"] === undefined) return undefined;
  if (platform === "darwin") return { command: "/usr/bin/open", arguments: [] };
  if (platform === "win32") return { command: "rundll32.exe", arguments: ["url.dll,FileProtocolHandler"] };
  const hasDesktop = Boolean(environment["DISPLAY"]) || Boolean(environment["WAYLAND_DISPLAY"]);
  return hasDesktop ? { command: "xdg-open", arguments: [] } : undefined;
}

/** True once the program runs; what the browser does then is between it and its user. */
export function openBrowser(opener: Opener, address: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(opener.command, [...opener.arguments, address.href], { stdio: "ignore", detached: true, shell: false });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
