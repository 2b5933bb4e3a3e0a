/**
 * New-PSSessionOption: each of its settings with what it does here, or why it is refused. Times are in milliseconds or
 * `hh:mm:ss`, sizes in bytes or with KB, MB, GB; names and values without regard to letter case.
 */
import { Fault } from "@tieline/fault";
import type { ConnectOptions, WsmanTransport } from "@tieline/remoting";
import type { TlsTrust } from "@tieline/net";
import type { ProxyScheme } from "./proxy/authenticator.ts";

/** What the settings come to, by whom it concerns. */
export interface SessionOption {
  /** For `parseProxyWish`; undefined leaves the choice as it is. All stages take it, not the last alone. */
  proxy?: string;
  proxyScheme?: ProxyScheme;
  proxyCredential?: { user: string; password: string };
  tls: Pick<TlsTrust, "skipAuthorityCheck" | "skipNameCheck">;
  transport: Partial<
    Pick<
      WsmanTransport,
      | "operationTimeoutMs"
      | "idleTimeoutMs"
      | "locale"
      | "dataLocale"
      | "compress"
      | "noMachineProfile"
      | "maxRedirections"
      | "bufferMode"
      | "retries"
      | "includePortInSpn"
    >
  >;
  connect: Pick<ConnectOptions, "openTimeoutMs" | "cancelTimeoutMs" | "limits">;
  applicationArguments: Record<string, string>;
  /** Refused where the endpoint is plain http. */
  noEncryption: boolean;
}

/** A setting: reads its value and says what follows, or throws. */
type Setting = (value: string, option: SessionOption, name: string) => void;

/** "No time-out" as a number that a timer can hold: 23 days. */
const FOR_EVER_MS = 2_000_000_000;
/** WS-Management's own least idle time. */
const LEAST_IDLE_MS = 60_000;

const PROXIES: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  ieconfig: "system",
  winhttpconfig: "system",
  autodetect: "wpad",
  noproxyserver: "none",
};

/** Every setting of New-PSSessionOption, by its name in small letters. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  proxyaccesstype: (value, option, name) => {
    const chosen = oneOf(value, ["None", "IEConfig", "WinHttpConfig", "AutoDetect", "NoProxyServer"], name).toLowerCase();
    const proxy = PROXIES[chosen];
    if (proxy !== undefined) option.proxy = proxy;
  },
  proxyauthentication: (value, option, name) => {
    option.proxyScheme = oneOf(value, ["Negotiate", "Basic", "Digest"], name).toLowerCase() as ProxyScheme;
  },
  proxycredential: refused(
    "a password on a command line is read by every user of the machine; use --proxy-user with --proxy-password-file or TIELINE_PROXY_PASSWORD",
  ),
  operationtimeout: (value, { transport }, name) => void (transport.operationTimeoutMs = patience(value, name)),
  opentimeout: (value, { connect }, name) => void (connect.openTimeoutMs = patience(value, name)),
  canceltimeout: (value, { connect }, name) => void (connect.cancelTimeoutMs = patience(value, name)),
  idletimeout: (value, { transport }, name) => {
    // As in PowerShell: -1 leaves it to the service.
    if (value.trim() === "-1") return void delete transport.idleTimeoutMs;
    const ms = milliseconds(value, name);
    if (ms < LEAST_IDLE_MS) throw wrong(name, value, `at least ${LEAST_IDLE_MS} milliseconds, or -1 for the service's own`);
    transport.idleTimeoutMs = ms;
  },
  culture: (value, { transport }, name) => void (transport.dataLocale = culture(value, name)),
  uiculture: (value, { transport }, name) => void (transport.locale = culture(value, name)),
  nocompression: (value, { transport }, name) => void (transport.compress = !flag(value, name)),
  noencryption: (value, option, name) => void (option.noEncryption = flag(value, name)),
  nomachineprofile: (value, { transport }, name) => void (transport.noMachineProfile = flag(value, name)),
  maximumredirection: (value, { transport }, name) => void (transport.maxRedirections = whole(value, name, 1000)),
  // As the property of the object is called.
  maximumconnectionredirectioncount: (value, { transport }, name) => void (transport.maxRedirections = whole(value, name, 1000)),
  maximumreceiveddatasizepercommand: (value, { connect }, name) =>
    void (connect.limits = { ...connect.limits, maxPipelineSize: bytes(value, name) }),
  maximumreceivedobjectsize: (value, { connect }, name) => void (connect.limits = { ...connect.limits, maxObjectSize: bytes(value, name) }),
  outputbufferingmode: (value, { transport }, name) => {
    const mode = oneOf(value, ["None", "Drop", "Block"], name);
    if (mode !== "None") transport.bufferMode = mode as "Drop" | "Block";
  },
  maxconnectionretrycount: (value, { transport }, name) => void (transport.retries = whole(value, name, 100)),
  applicationarguments: refused("its entries are given one by one: ApplicationArguments.NAME=VALUE"),
  skipcacheck: (value, { tls }, name) => void (tls.skipAuthorityCheck = flag(value, name)),
  skipcncheck: (value, { tls }, name) => void (tls.skipNameCheck = flag(value, name)),
  // Nothing to leave out: no revocation list is asked for.
  skiprevocationcheck: (value, _option, name) => void flag(value, name),
  includeportinspn: (value, { transport }, name) => void (transport.includePortInSpn = flag(value, name)),
  useutf16: (value, _option, name) => {
    if (flag(value, name))
      throw new Fault("session-option-refused", {
        option: name,
        reason: "messages are sent in UTF-8, which every WS-Management service takes",
      });
  },
};

/** Nothing asked for. */
export function emptySessionOption(): SessionOption {
  return { tls: {}, transport: {}, connect: {}, applicationArguments: {}, noEncryption: false };
}

/**
 * The settings of `NAME=VALUE` words; a switch may stand alone.
 *
 * @throws Fault `session-option-unknown`, `session-option-value`, `session-option-refused`
 * @example
 * ```ts
 * parseSessionOption(["ProxyAccessType=IEConfig", "OperationTimeout=45000", "SkipCNCheck"]);
 * ```
 */
export function parseSessionOption(words: readonly string[]): SessionOption {
  const option = emptySessionOption();
  for (const word of words) {
    const at = word.indexOf("=");
    const [name, value] = at < 0 ? [word.trim(), "true"] : [word.slice(0, at).trim(), word.slice(at + 1)];
    const argument = /^applicationarguments\.(.+)$/i.exec(name)?.[1];
    if (argument !== undefined) {
      option.applicationArguments[argument] = value;
      continue;
    }
    set(option, name, value);
  }
  return option;
}

/** The settings as a PSSessionOption has them: an object with the properties that were set. */
export interface PSSessionOption {
  ProxyCredential?: { UserName: string; Password: string };
  ApplicationArguments?: Readonly<Record<string, string>>;
  [name: string]: unknown;
}

/** As `parseSessionOption`, of an object. @throws Fault as there, and for settings that do not go together */
export function sessionOptionOf({ ProxyCredential, ApplicationArguments, ...rest }: PSSessionOption): SessionOption {
  const option = emptySessionOption();
  for (const [name, value] of Object.entries(rest)) {
    if (value === undefined || value === null) continue;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw wrong(name, typeof value, "a text, a number, or true or false");
    set(option, name, String(value));
  }
  if (ProxyCredential !== undefined) option.proxyCredential = { user: ProxyCredential.UserName, password: ProxyCredential.Password };
  Object.assign(option.applicationArguments, ApplicationArguments);
  checkSessionOption(option, false);
  return option;
}

function set(option: SessionOption, name: string, value: string): void {
  const setting = Object.hasOwn(SETTINGS, name.toLowerCase()) ? SETTINGS[name.toLowerCase()] : undefined;
  if (setting === undefined) throw new Fault("session-option-unknown", { option: name.slice(0, 100) });
  setting(value, option, name);
}

/** Settings that do not go together. @throws Fault `session-option-refused` */
export function checkSessionOption(option: SessionOption, proxyIsNamed: boolean): void {
  const refuse = (name: string, reason: string): never => {
    throw new Fault("session-option-refused", { option: name, reason });
  };
  const credential = option.proxyCredential !== undefined;
  if (option.proxy !== undefined && proxyIsNamed) refuse("ProxyAccessType", "the proxy was named with --proxy as well; say it once");
  if (option.proxy === "none" && credential) refuse("ProxyCredential", "with ProxyAccessType NoProxyServer there is no proxy to log on to");
  if (option.proxy === "none" && option.proxyScheme !== undefined) {
    refuse("ProxyAuthentication", "with ProxyAccessType NoProxyServer there is no proxy to log on to");
  }
  if (option.proxy === undefined && !proxyIsNamed && credential) {
    refuse(
      "ProxyCredential",
      "with ProxyAccessType None no proxy is chosen; choose one (IEConfig, WinHttpConfig, AutoDetect), or name it with --proxy",
    );
  }
}

function refused(reason: string): Setting {
  return (_value, _option, name) => {
    throw new Fault("session-option-refused", { option: name, reason });
  };
}

function wrong(option: string, value: string, wanted: string): Fault {
  return new Fault("session-option-value", { option, value: value.slice(0, 100), wanted });
}

function oneOf(value: string, names: readonly string[], option: string): string {
  const found = names.find((name) => name.toLowerCase() === value.trim().toLowerCase());
  if (found === undefined) throw wrong(option, value, `one of ${names.join(", ")}`);
  return found;
}

/** PowerShell's `$true` is understood, too. */
function flag(value: string, option: string): boolean {
  const word = value.trim().toLowerCase().replace(/^\$/, "");
  if (word === "true" || word === "1") return true;
  if (word === "false" || word === "0") return false;
  throw wrong(option, value, "true or false");
}

function whole(value: string, option: string, most: number): number {
  const number = Number(value.trim());
  if (!/^\d{1,10}$/.test(value.trim()) || number > most) throw wrong(option, value, `a whole number from 0 to ${most}`);
  return number;
}

function milliseconds(value: string, option: string): number {
  const text = value.trim();
  const span = /^(?:(\d{1,3})\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$/.exec(text);
  const ms =
    span === null
      ? /^\d{1,10}$/.test(text)
        ? Number(text)
        : Number.NaN
      : (((Number(span[1] ?? 0) * 24 + Number(span[2])) * 60 + Number(span[3])) * 60 + Number(span[4])) * 1000 +
        Math.floor(Number(`0.${span[5] ?? 0}`) * 1000);
  if (!(ms <= FOR_EVER_MS)) throw wrong(option, value, `milliseconds up to ${FOR_EVER_MS}, or hh:mm:ss`);
  return ms;
}

/** PowerShell's 0 is "no time-out". */
function patience(value: string, option: string): number {
  const ms = milliseconds(value, option);
  return ms === 0 ? FOR_EVER_MS : ms;
}

function bytes(value: string, option: string): number {
  const parts = /^(\d{1,12})\s*(KB|MB|GB)?$/i.exec(value.trim());
  const factor = { "": 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }[(parts?.[2] ?? "").toLowerCase()] ?? 1;
  const size = Number(parts?.[1] ?? 0) * factor;
  if (parts === null || size < 1 || !Number.isSafeInteger(size)) throw wrong(option, value, "a size such as 209715200 or 200MB");
  return size;
}

function culture(value: string, option: string): string {
  const tag = value.trim();
  if (!/^[a-z]{2,3}(-[a-z0-9]{2,8}){0,4}$/i.test(tag)) throw wrong(option, value, "a language tag such as en-US or de-DE");
  return tag;
}
