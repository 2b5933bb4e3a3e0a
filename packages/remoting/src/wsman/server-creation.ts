/** Create, judged: what the client may ask for, and what the shell is to be ([MS-WSMV] 2.2.4.37, 3.1.4.5.2). */
import { Fault } from "@tieline/fault";
import type { ShellCreation } from "./body/shell.ts";
import type { Exchange } from "./exchanges.ts";
import type { ShellRequest } from "./server-event.ts";
import type { WsmanHeader, WsmanOption } from "./soap/envelope.ts";
import { parseGuid } from "./soap/guid.ts";
import { RESOURCE } from "./soap/namespaces.ts";

/** No fragment of ours is larger, as with Windows. */
const FRAGMENT = 32_768;
/** What an answer takes beside one fragment. */
const FRAGMENT_OVERHEAD = 2048;
const SMALLEST_FRAGMENT = 1024;

const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  "PROTOCOLVERSION",
  "WINRS_NOPROFILE",
  "WINRS_CODEPAGE",
  "WINRS_CONSOLEMODE_STDIN",
  "WINRS_SKIP_CMD_SHELL",
  "WSMAN_CMDSHELL_OPTION_KEEPALIVE",
]);

/** Which shells there may be. */
export interface ShellKinds {
  hasConfiguration: (name: string) => boolean;
  commandShell?: boolean;
}

/** @throws wsman-option-unsupported where an option must be complied with that nobody knows */
export function judgeOptions(options: readonly WsmanOption[]): void {
  for (const { name, mustComply } of options) {
    if (mustComply === true && !KNOWN_OPTIONS.has(name.toUpperCase())) {
      throw new Fault("wsman-option-unsupported", { option: name.slice(0, 80) });
    }
  }
}

/** @throws wsman-resource-unknown */
export function shellKind(uri: string, { hasConfiguration, commandShell }: ShellKinds): Pick<ShellRequest, "kind" | "configuration"> {
  const lower = uri.toLowerCase();
  if (lower === RESOURCE.cmd && commandShell === true) return { kind: "cmd", configuration: "" };
  if (lower.startsWith(RESOURCE.powershell)) {
    const configuration = uri.slice(RESOURCE.powershell.length);
    if (hasConfiguration(configuration)) return { kind: "powershell", configuration };
  }
  throw new Fault("wsman-resource-unknown", { uri: uri.slice(0, 300) });
}

/**
 * What is asked for.
 *
 * @returns with `id` undefined where the client leaves the choice to the service
 * @throws wsman-resource-unknown, wsman-schema-invalid, wsman-feature-unsupported, wsman-parameter-invalid
 */
export function judgeCreation(
  creation: ShellCreation,
  header: WsmanHeader,
  { identity, url, maxEnvelopeSize }: Exchange,
  kinds: ShellKinds,
): { id: string | undefined; compress: boolean; request: ShellRequest } {
  const { kind, configuration } = shellKind(header.resourceUri ?? "", kinds);
  if (kind === "powershell" && creation.creationXml === undefined) {
    throw new Fault("wsman-schema-invalid", { reason: "Shell has no creationXml" });
  }
  const compression = header.compression ?? creation.compression;
  if (compression !== undefined && !/^xpress$/i.test(compression)) {
    throw new Fault("wsman-feature-unsupported", { feature: `compression ${compression.slice(0, 40)}` });
  }
  const id = creation.shellId === undefined ? undefined : parseGuid(creation.shellId);
  if (id === undefined && creation.shellId !== undefined) throw new Fault("wsman-parameter-invalid", { parameter: "ShellId" });
  const room = Math.floor((maxEnvelopeSize - FRAGMENT_OVERHEAD) / 4) * 3;
  const request: ShellRequest = {
    kind,
    configuration,
    resourceUri: header.resourceUri ?? "",
    identity,
    url,
    name: creation.name,
    options: header.options ?? [],
    locale: header.locale,
    dataLocale: header.dataLocale,
    fragmentSize: Math.max(SMALLEST_FRAGMENT, Math.min(FRAGMENT, room)),
    environment: creation.environment,
    workingDirectory: creation.workingDirectory,
  };
  return { id, compress: compression !== undefined, request };
}
