/**
 * Where the bridge of this user is found: a folder that nobody else can enter, with the bridge's sockets and a file that
 * says which process serves them and by which secret it knows the user's own programs. Windows has pipes instead of
 * sockets; their names hold chance, and the file stands in the user's profile.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Fault } from "@tieline/fault";

/** The language of control that this version speaks; another version has another descriptor and a bridge of its own. */
export const CONTROL_VERSION = 1;

/** Room for a name behind the folder: a socket's whole path has 103 bytes on macOS, 107 on Linux. */
const LONGEST_FOLDER = 78;

export interface Descriptor {
  version: typeof CONTROL_VERSION;
  pid: number;
  /** The control socket, or pipe. */
  control: string;
  /** Who shows it may ask for sessions. */
  secret: string;
  /** ISO 8601. */
  started: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder, made where it is not there.
 *
 * @throws Fault `bridge-folder-unsafe` where it is another's, or others may enter it
 */
export function bridgeFolder(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const folder = folderFor(environment, platform);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const refuse = (reason: string): Fault => new Fault("bridge-folder-unsafe", { folder, reason });
  if (!found.isDirectory()) throw refuse("it is no folder");
  if (platform === "win32") return folder;
  if (found.uid !== userInfo().uid) throw refuse("it belongs to another user");
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return folder;
}

function folderFor(environment: Environment, platform: NodeJS.Platform): string {
  const named = environment["TIELINE_BRIDGE_FOLDER"];
  if (named !== undefined && named !== "") return named;
  if (platform === "win32") return join(environment["LOCALAPPDATA"] ?? userInfo().homedir, "Tieline");
  const { uid } = userInfo();
  const runtime = environment["XDG_RUNTIME_DIR"];
  const candidates = [
    ...(runtime === undefined || runtime === "" ? [] : [join(runtime, "tieline")]),
    join(tmpdir(), `tieline-${uid}`),
    `/tmp/tieline-${uid}`,
  ];
  return candidates.find((each) => Buffer.byteLength(each) <= LONGEST_FOLDER) ?? (candidates.at(-1) as string);
}

/** A path for a socket of the bridge, or a pipe's name. The control socket's is always the same where files keep strangers out. */
export function socketFor(folder: string, purpose: "control" | "session", platform: NodeJS.Platform = process.platform): string {
  const chance = randomBytes(8).toString("hex");
  if (platform === "win32") return `\\\\.\\pipe\\tieline-${purpose}-${chance}`;
  return join(folder, purpose === "control" ? `control-${CONTROL_VERSION}` : `s-${chance}`);
}

const descriptorPath = (folder: string): string => join(folder, `bridge-${CONTROL_VERSION}.json`);

/** What the bridge says of itself; undefined where there is none, or only half a one. */
export function readDescriptor(folder: string): Descriptor | undefined {
  try {
    const given = JSON.parse(readFileSync(descriptorPath(folder), "utf8")) as Descriptor;
    const whole = given.version === CONTROL_VERSION && [given.control, given.secret].every((each) => typeof each === "string");
    return whole && Number.isInteger(given.pid) ? given : undefined;
  } catch {
    return undefined;
  }
}

export function writeDescriptor(folder: string, descriptor: Descriptor): void {
  const aside = join(folder, `.${randomBytes(6).toString("hex")}`);
  writeFileSync(aside, `${JSON.stringify(descriptor)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(aside, descriptorPath(folder));
}

/** Removes the descriptor where it is still this process's own. */
export function removeDescriptor(folder: string, pid: number): void {
  if (readDescriptor(folder)?.pid === pid) rmSync(descriptorPath(folder), { force: true });
}
