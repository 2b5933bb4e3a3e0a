/**
 * What the endpoint announces of itself in APPLICATION_PRIVATE_DATA; the reasons stand in docs/endpoint.md.
 *
 * It says Windows PowerShell 5.1, which the retired service was: scripts that look at the version find what they were
 * written for, and clients of 5.1 and later ask Get-FormatData with -PowerShellVersion, which we know. It names no
 * debugger (DebugMode and its kin are absent), so that stock clients leave out the hidden pipelines that would set one.
 * And it tells Import-PSSession to leave PowerShell's own commands alone: -AllowClobber would else put ours in the place
 * of the user's Select-Object.
 */
import { restrictedCommands } from "@tieline/language";
import { PsDictionary, Version } from "@tieline/remoting/objects";

const BUILD = "5.1.17763.1";

const known = new Map<number, PsDictionary>();

/**
 * One for all sessions, which only send it. SessionLife is ours: how long the service lets a session live, and that none
 * holds variables, so that a client may go on in another one.
 */
export function privateData(lifetimeMs: number): PsDictionary {
  const before = known.get(lifetimeMs);
  if (before !== undefined) return before;
  const data = PsDictionary.of({
    PSVersionTable: PsDictionary.of({
      PSVersion: new Version(BUILD),
      PSEdition: "Desktop",
      PSCompatibleVersions: ["1.0", "2.0", "3.0", "4.0", "5.0", BUILD].map((text) => new Version(text)),
      BuildVersion: new Version("10.0.17763.1"),
      PSRemotingProtocolVersion: new Version("2.3"),
      SerializationVersion: new Version("1.1.0.1"),
      WSManStackVersion: new Version("3.0"),
    }),
    ImplicitRemoting: PsDictionary.of({ CommandsToSkip: restrictedCommands().flatMap((cmdlet) => [cmdlet.name, ...cmdlet.aliases]) }),
    SessionLife: PsDictionary.of({ LifetimeSeconds: Math.round(lifetimeMs / 1000), KeepsState: false }),
  });
  known.set(lifetimeMs, data);
  return data;
}
