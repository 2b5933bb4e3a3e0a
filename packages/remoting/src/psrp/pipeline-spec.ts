/** How users describe a pipeline: what CREATE_PIPELINE needs, with the defaults of PowerShell's client. */
import type { PsValue } from "../objects/index.ts";
import { RUNSPACE_HOST, type HostInfo } from "./host/host-info.ts";
import type { CommandArgument, CreatePipeline, MergeFlags } from "./messages/create-pipeline.ts";
import { atLeast } from "./protocol-version.ts";

/** A command by name, or script text. */
export interface CommandSpec {
  /** The command's name, or script text where `isScript`. */
  text: string;
  isScript?: boolean;
  /** A scope of its own; null leaves it to the server. */
  useLocalScope?: boolean | null;
  /** By name, or positional where the name is null. */
  arguments?: readonly CommandArgument[];
  /** Numbers of PipelineResultTypes; those that are not given are None. */
  merge?: Partial<MergeFlags>;
}

export interface PipelineSpec {
  /** Pipelines of commands that run one after another. */
  statements: readonly (readonly CommandSpec[])[];
  /** Whether `input` will be called. Default false. */
  input?: boolean;
  /** Whether it runs inside the pipeline that runs now. Default false. */
  isNested?: boolean;
  history?: string | null;
  addToHistory?: boolean;
  redirectShellErrorOutputPipe?: boolean;
  /** Bits of REMOTE_STREAM_OPTIONS. Default 0. */
  remoteStreamOptions?: number;
  apartmentState?: number;
  /** Default: the pool's host. */
  hostInfo?: HostInfo;
}

/** A pipeline of one command with named arguments. */
export function command(name: string, args: Readonly<Record<string, PsValue>> = {}): PipelineSpec {
  return { statements: [[{ text: name, arguments: Object.entries(args).map(([key, value]) => ({ name: key, value })) }]] };
}

/** A pipeline of script text. */
export function script(text: string): PipelineSpec {
  return { statements: [[{ text, isScript: true }]] };
}

/** The streams that a command of this protocol version says where they go. */
function mergeFlags(given: Partial<MergeFlags> | undefined, serverVersion: string | undefined): MergeFlags {
  const flags: MergeFlags = {
    myResult: given?.myResult ?? 0,
    toResult: given?.toResult ?? 0,
    previousResults: given?.previousResults ?? 0,
  };
  if (atLeast(serverVersion, "2.2")) {
    flags.error = given?.error ?? 0;
    flags.warning = given?.warning ?? 0;
    flags.verbose = given?.verbose ?? 0;
    flags.debug = given?.debug ?? 0;
  }
  if (atLeast(serverVersion, "2.3")) flags.information = given?.information ?? 0;
  return flags;
}

/** The message for a description. `serverVersion` is what the server announced in its private data, if it did. */
export function createPipelineMessage(spec: PipelineSpec, serverVersion: string | undefined): CreatePipeline {
  return {
    statements: spec.statements.map((statement) =>
      statement.map((given) => ({
        text: given.text,
        isScript: given.isScript ?? false,
        useLocalScope: given.useLocalScope ?? null,
        merge: mergeFlags(given.merge, serverVersion),
        arguments: given.arguments ?? [],
      })),
    ),
    isNested: spec.isNested ?? false,
    history: spec.history ?? null,
    redirectShellErrorOutputPipe: spec.redirectShellErrorOutputPipe ?? true,
    noInput: !(spec.input ?? false),
    apartmentState: spec.apartmentState ?? 2,
    remoteStreamOptions: spec.remoteStreamOptions ?? 0,
    addToHistory: spec.addToHistory ?? false,
    hostInfo: spec.hostInfo ?? RUNSPACE_HOST,
  };
}
