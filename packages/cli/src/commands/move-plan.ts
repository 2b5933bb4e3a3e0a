/** `tieline move plan`: a batch is made and all of its users are checked; nobody is moved. */
import { basename, extname } from "node:path";
import { ONLINE_TARGET, USERS_A_CALL, type Batch, type BatchWish } from "@tieline/connector";
import { EXIT } from "../exit-code.ts";
import { formatOf, type Surroundings } from "../invocation.ts";
import { dated } from "../move-objects.ts";
import { fromCheck, fromFile, misses, planText, unknownUser, type Plan, type PlanFinding } from "../move-plan-words.ts";
import { namedUsers, type NamedUsers, type UserOptions } from "../move-users.ts";
import { documentText } from "../output/document.ts";
import { columnsOf } from "../output/terminal.ts";
import { number } from "../output/words.ts";
import { readSecretFile as readText } from "../secret-file.ts";
import { styleFor } from "../style.ts";
import { withSites, type MoveSites, type SiteOptions } from "./move-sites.ts";

export interface PlanOptions extends SiteOptions, UserOptions {
  name?: string;
  target: string;
  concurrent?: number;
  waveSize?: number;
  rate?: number;
  window?: string;
  timeZone?: string;
  mailTemplate?: string;
  force?: boolean;
  bypassAudioConferencingCheck?: boolean;
  bypassEnterpriseVoiceCheck?: boolean;
  moveToTeams?: boolean;
  includeRooms?: boolean;
  whatIf?: boolean;
}

export async function plan(options: PlanOptions, around: Surroundings, file: string | undefined): Promise<number> {
  const named = await namedUsers(options, file, around);
  if (options.whatIf === true) {
    const read = readOnly(named, options);
    printPlan(read, options, around);
    return misses(read) ? EXIT.partly : EXIT.ok;
  }
  return withSites(options, around, async (sites) => {
    const made = await makePlan(sites, named, options, around);
    printPlan(made, options, around);
    return misses(made) ? EXIT.partly : EXIT.ok;
  });
}

/** What the file alone says. */
export function readOnly({ identities, findings }: NamedUsers, options: PlanOptions): Plan {
  const users = identities.length;
  return { batch: undefined, target: targetOf(options), ready: users, refused: 0, users, findings: findings.map(fromFile) };
}

/** Makes the batch, adds the users and checks them; a batch that could not be filled is removed. @throws Fault of the pool's cmdlets */
export async function makePlan(sites: MoveSites, named: NamedUsers, options: PlanOptions, around: Surroundings): Promise<Plan> {
  const { cmdlets, terminal } = sites;
  const batch = await cmdlets.create(wishOf(named, options), await sites.access?.());
  const say = (done: number, of: number): void =>
    terminal.progress(
      `Planning ${batch.name}`,
      `${number(done)} of ${number(of)} users`,
      of === 0 ? -1 : Math.floor((done * 100) / of),
      false,
    );
  try {
    const unknown = await addAll(sites, batch, named, say);
    terminal.progress(`Planning ${batch.name}`, "checking all users", -1, false);
    const checked = await checkBatch(sites, batch.batchId);
    return { ...checked, findings: [...named.findings.map(fromFile), ...unknown, ...checked.findings] };
  } catch (error) {
    // Half a plan would be started for a whole one. Where it cannot be removed, it shows in the list.
    if (!around.signal.aborted) await cmdlets.remove(batch.batchId).catch(() => undefined);
    throw error;
  } finally {
    terminal.clearProgress();
  }
}

async function addAll(
  { cmdlets }: MoveSites,
  { batchId }: Batch,
  { identities, filter }: NamedUsers,
  say: (done: number, of: number) => void,
): Promise<PlanFinding[]> {
  if (filter !== undefined) {
    await cmdlets.addByFilter(batchId, filter);
    return [];
  }
  const unknown: PlanFinding[] = [];
  for (let at = 0; at < identities.length; at += USERS_A_CALL) {
    say(at, identities.length);
    const { notFound } = await cmdlets.add(batchId, identities.slice(at, at + USERS_A_CALL));
    unknown.push(...notFound.map(unknownUser));
  }
  return unknown;
}

/** What the check says of a batch that is there. */
export async function checkBatch({ cmdlets }: MoveSites, batchId: string): Promise<Plan & { batch: Batch }> {
  const findings: PlanFinding[] = [];
  const refused = new Set<string>();
  for await (const finding of cmdlets.check(batchId)) {
    findings.push(fromCheck(finding));
    if (finding.severity === "error") refused.add(finding.identity || finding.sipAddress);
  }
  const batch = await cmdlets.get(batchId);
  return { batch, target: batch.target, users: batch.users, refused: refused.size, ready: batch.users - refused.size, findings };
}

export function printPlan(made: Plan, options: PlanOptions, around: Surroundings, isStarting = false): void {
  const format = formatOf(options, around);
  const { batch, findings } = made;
  if (format !== "table" && format !== "list") {
    around.stdout.write(documentText(dated(made) as Plan, { format, query: options.query, rows: findings }));
    return;
  }
  around.stdout.write(planText(made, styleFor(around.stdout, around.environment), columnsOf(around.stdout)));
  if (batch === undefined || isStarting) return;
  const name = /[^\w.-]/.test(batch.name) ? `"${batch.name}"` : batch.name;
  around.stdout.write(
    made.ready === 0
      ? `\nNothing to start. Cure what is found, and plan again; tieline move remove ${name} forgets this plan.\n`
      : `\nStart it with\n  tieline move start ${name}\n`,
  );
}

function wishOf({ source }: NamedUsers, options: PlanOptions): BatchWish {
  const { name, concurrent, waveSize, rate, window, timeZone, mailTemplate } = options;
  return {
    name: name ?? `${basename(source, extname(source))} ${new Date().toISOString().slice(0, 16).replace("T", " ")}`,
    target: targetOf(options),
    ...(concurrent === undefined ? {} : { concurrentMoves: concurrent }),
    ...(waveSize === undefined ? {} : { waveSize }),
    ...(rate === undefined ? {} : { ratePerMinute: rate }),
    ...(window === undefined ? {} : { window }),
    // Hours are those of whoever types them.
    ...(window === undefined ? {} : { timeZone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone }),
    ...(mailTemplate === undefined ? {} : { mailTemplate: readText(mailTemplate) }),
    force: options.force === true,
    bypassAudioConferencingCheck: options.bypassAudioConferencingCheck === true,
    bypassEnterpriseVoiceCheck: options.bypassEnterpriseVoiceCheck === true,
    moveToTeams: options.moveToTeams === true,
    includeRooms: options.includeRooms === true,
  };
}

function targetOf({ target }: PlanOptions): string {
  return target.toLowerCase() === "online" ? ONLINE_TARGET : target;
}
