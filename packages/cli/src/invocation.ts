/** What every command is given: its streams, its surroundings, and the options that all of them share. */
import type { Command } from "commander";
import type { SignInWay } from "@tieline/connector";
import type { MoveSites, SiteOptions } from "./commands/move-sites.ts";
import type { Format } from "./output/printer.ts";

export interface Surroundings {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  environment: Readonly<Record<string, string | undefined>>;
  /** The tree of commands, for completion. */
  program?: Command;
  /** Aborted by Ctrl-C; a second one leaves at once. */
  signal: AbortSignal;
  /** What Ctrl-C does, for whoever reads the keyboard itself. */
  interrupt?: () => void;
  /** For one line of a prompt: until it is disposed of, a Ctrl-C aborts this signal and nothing else. */
  interruptible?: () => Disposable & { signal: AbortSignal };
  /** The two sites of a move; left out, those that the command line names. */
  moveSites?: (options: SiteOptions) => MoveSites;
}

/** Options before or after any command. */
export interface CommonOptions {
  output?: Format;
  query?: string;
  verbose?: boolean;
}

/** Options of the commands that connect. */
export interface ConnectionOptions extends CommonOptions {
  user?: string;
  overrideAdminDomain?: string;
  overrideDiscoveryUri?: string;
  targetUri?: string;
  authentication?: "default" | "basic" | "negotiate" | "ntlm" | "kerberos" | "certificate";
  signIn?: SignInWay;
  tenant?: string;
  clientId?: string;
  clientSecretFile?: string;
  federatedTokenFile?: string;
  overrideAccessTokenResourceUri?: string;
  teamsEnvironmentName?: string;
  profile?: string;
  passwordFile?: string;
  certificateFile?: string;
  keyFile?: string;
  connectTo?: string[];
  dnsServer?: string[];
  caFile?: string[];
  insecure?: boolean;
  proxy?: string;
  proxyAuth?: "basic" | "digest" | "ntlm" | "negotiate";
  proxyUser?: string;
  proxyPasswordFile?: string;
  sessionOption?: string[];
  allowRedirection?: boolean;
  openTimeout?: number;
  /** False with --no-reconnection. */
  reconnection?: boolean;
  lab?: boolean;
  /** The lab's folder. */
  data?: string;
  session?: string;
}

export function formatOf(options: CommonOptions, surroundings: Surroundings): Format {
  return options.output ?? (surroundings.stdout.isTTY ? "table" : "json");
}
