/** Where PowerShell looks for a named pipe: a Unix socket off Windows. */
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { Fault } from "@tieline/fault";

/** Bytes of a path in `sockaddr_un`, the final zero left out. */
const LIMITS: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 107, darwin: 103 };

/**
 * The address for a name as PowerShell resolves it: an absolute path as it is; else `\\.\pipe\NAME` on Windows and
 * `CoreFxPipe_NAME` in the folder for temporary files elsewhere.
 *
 * @throws Fault `socket-path-too-long`, `socket-unreachable` for a relative path
 */
export function socketPath(name: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32") return name.startsWith("\\\\") ? name : `\\\\.\\pipe\\${name}`;
  if (!isAbsolute(name) && name.includes("/")) throw new Fault("socket-unreachable", { path: name, reason: "a relative path" });
  const path = isAbsolute(name) ? name : join(tmpdir(), `CoreFxPipe_${name}`);
  const limit = LIMITS[platform] ?? 103;
  if (Buffer.byteLength(path) > limit) throw new Fault("socket-path-too-long", { path, limit });
  return path;
}
