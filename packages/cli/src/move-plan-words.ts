/** A plan as it is told: what the check and the file have against it, the same things together, each with what to do. */
import { ONLINE_TARGET, type Batch, type FileFinding, type PreflightFinding } from "@tieline/connector";
import { counted } from "./output/words.ts";
import { printable } from "./output/width.ts";
import { wrapped } from "./output/wrapped.ts";
import type { Style } from "./style.ts";

/** One line of what was found, of the file or of the check. */
export interface PlanFinding {
  from: "file" | "check";
  severity: "error" | "warning";
  code: string;
  /** The line of the file. */
  line?: number;
  user?: string;
  text: string;
  cure: string;
}

export interface Plan {
  /** Undefined where nothing was made. */
  batch: Batch | undefined;
  target: string;
  /** Users of the batch whom nothing keeps from moving. */
  ready: number;
  /** Users of the batch who cannot move as they are. */
  refused: number;
  /** Users in the batch. */
  users: number;
  findings: PlanFinding[];
}

const SHOWN = 5;

/** Where the pool speaks of its cmdlets' parameters, and the command line has options. */
const CURES: Readonly<Record<string, string>> = {
  "batch-online-unchecked": "Name who signs in online, with --online-account NAME@DOMAIN or an application's --client-id, and plan again.",
};

/** Parameters of the pool's cmdlets, as options of the command line. */
const OPTIONS: Readonly<Record<string, string>> = {
  "-BypassAudioConferencingCheck": "--bypass-audio-conferencing-check",
  "-BypassEnterpriseVoiceCheck": "--bypass-enterprise-voice-check",
  "-IncludeRooms": "--include-rooms",
  "-Force": "--force",
};

export function fromFile({ severity, code, line, text, cure }: FileFinding): PlanFinding {
  return { from: "file", severity, code, line, text, cure };
}

export function fromCheck({ severity, code, sipAddress, identity, displayName, text, cure }: PreflightFinding): PlanFinding {
  return { from: "check", severity, code, user: sipAddress || identity || displayName, text, cure: CURES[code] ?? asOptions(cure) };
}

function asOptions(cure: string): string {
  return cure.replace(/(?<![\w-])-[A-Z][A-Za-z]+\b/g, (parameter) => OPTIONS[parameter] ?? parameter);
}

export function unknownUser(identity: string): PlanFinding {
  return {
    from: "check",
    severity: "error",
    code: "user-not-found",
    user: identity,
    text: `No user of the pool is ${identity}.`,
    cure: "Check the spelling; whoever exists online alone must be enabled at the pool first (Enable-CsUser -HostingProviderProxyFqdn).",
  };
}

/** Exit codes tell them apart: whether all, some or none of those who were named can move. */
export function misses({ refused, findings }: Plan): boolean {
  return refused > 0 || findings.some(({ severity }) => severity === "error");
}

export function planText(plan: Plan, style: Style, width: number): string {
  const { batch, ready, refused, users, findings } = plan;
  const to = plan.target === ONLINE_TARGET ? "online" : plan.target;
  const head =
    batch === undefined
      ? `${counted(users, "user")} would be moved ${plan.target === ONLINE_TARGET ? "" : "to "}${to}. Nothing was changed.`
      : `${style.strong(batch.name)}: ${counted(users, "user")} to ${batch.target}${batch.waves > 1 ? ` in ${counted(batch.waves, "wave")}` : ""}`;
  const lines = [head];
  if (batch !== undefined) {
    const words = [
      ready === 0 ? style.error("nobody is ready") : style.good(`${counted(ready, "user")} ready`),
      ...(refused === 0 ? [] : [style.error(`${counted(refused, "user")} cannot move yet`)]),
    ];
    lines.push(words.join(", "));
  }
  for (const group of grouped(findings)) lines.push("", ...groupLines(group, style, width));
  return `${lines.join("\n")}\n`;
}

/** Errors first, then the commonest. */
function grouped(findings: readonly PlanFinding[]): PlanFinding[][] {
  const groups = new Map<string, PlanFinding[]>();
  for (const finding of findings) {
    const key = `${finding.from} ${finding.severity} ${finding.code}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  const weight = ([first]: PlanFinding[]): number => (first?.severity === "error" ? 0 : 1);
  return [...groups.values()].toSorted((a, b) => weight(a) - weight(b) || b.length - a.length);
}

function groupLines(group: readonly PlanFinding[], style: Style, width: number): string[] {
  const [{ severity, code, from, cure }] = group as readonly [PlanFinding];
  const paint = severity === "error" ? style.error : style.warning;
  const count = from === "file" ? counted(group.length, "line") : counted(group.length, "user");
  const lines = [`${paint(severity)} ${style.dim(code)}  ${count}`];
  // A cure may name somebody: then each finding has its own.
  const isOne = group.every((each) => each.cure === cure);
  for (const each of group.slice(0, SHOWN)) {
    lines.push(...wrapped("   ", printable(withUser(each)), width));
    if (!isOne) lines.push(...wrapped("      cure:", printable(each.cure), width));
  }
  if (group.length > SHOWN) lines.push(`    … and ${counted(group.length - SHOWN, "more", "more")} (-o jsonl lists all)`);
  if (isOne) lines.push(...wrapped("    cure:", printable(cure), width));
  return lines;
}

/** Not every text names the user. */
function withUser({ user, text }: PlanFinding): string {
  return user === undefined || text.includes(user.replace(/^sip:/i, "")) ? text : `${user}: ${text}`;
}
