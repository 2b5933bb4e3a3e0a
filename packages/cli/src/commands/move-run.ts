/** `tieline move start|pause|resume|cancel|undo|remove`: what is done with a batch that is there. */
import { isForSignIn, lastFailure, type Batch } from "@tieline/connector";
import { Fault, isFault } from "@tieline/fault";
import { confirmed } from "../confirm.ts";
import { EXIT } from "../exit-code.ts";
import type { Surroundings } from "../invocation.ts";
import { exitCodeOfBatch, followOnScreen, stays, type FollowedBatch } from "../move-follow.ts";
import { batchObject, moveView } from "../move-objects.ts";
import { misses } from "../move-plan-words.ts";
import { namedUsers, namesUsers } from "../move-users.ts";
import { counted } from "../output/words.ts";
import { printerFor } from "../printer-for.ts";
import { checkBatch, makePlan, printPlan, readOnly, type PlanOptions } from "./move-plan.ts";
import { atSites, withSites, type MoveSites, type SiteOptions } from "./move-sites.ts";

export interface RunOptions extends SiteOptions {
  yes?: boolean;
  follow?: boolean;
  whatIf?: boolean;
}

interface UndoOptions extends RunOptions {
  only: string[];
}

export async function start(options: RunOptions & PlanOptions, around: Surroundings, name: string | undefined): Promise<number> {
  if (name === undefined) {
    const named = await namedUsers(options, undefined, around);
    if (options.whatIf === true) {
      printPlan(readOnly(named, options), options, around);
      return EXIT.ok;
    }
    return withSites(options, around, async (sites) => {
      const made = await makePlan(sites, named, options, around);
      if (options.yes !== true || stays(options, around))
        printPlan(made, { ...options, output: "table" }, { ...around, stdout: around.stderr }, true);
      if (made.ready > 0) return begin(sites, made.batch as Batch, made.ready, options, around);
      throw new Fault("move-nobody-ready", { batch: made.batch?.name ?? "" });
    });
  }
  if (namesUsers(options))
    throw new Fault("usage", {
      what: `${name} was planned already.`,
      hint: "Leave out who is moved, or leave out the batch to plan another one.",
    });
  return withSites(options, around, (sites) => startPlanned(sites, options, around, name));
}

/** A batch that was planned before. */
export async function startPlanned(
  sites: MoveSites,
  options: RunOptions & PlanOptions,
  around: Surroundings,
  name: string,
): Promise<number> {
  if (options.whatIf === true) {
    const checked = await checkBatch(sites, name);
    printPlan(checked, options, around, true);
    return misses(checked) ? EXIT.partly : EXIT.ok;
  }
  const batch = await sites.cmdlets.get(name);
  return begin(sites, batch, batch.waiting, options, around);
}

async function begin(sites: MoveSites, batch: Batch, users: number, options: RunOptions, around: Surroundings): Promise<number> {
  const question = `Move ${counted(users, "user")} of ${batch.name} to ${batch.target}?`;
  if (!(await confirmed(question, options, sites.terminal, around))) return leave(`${batch.name} is planned, and was not started.`, around);
  const access = await sites.access?.();
  sites.notes.note(batch.batchId, await sites.cmdlets.counters());
  return goOn(sites, await signedIn(batch, sites.cmdlets.start(batch.batchId, access)), options, around);
}

/** A pool that cannot sign in by itself says which parameter is wanting; here it is an option. */
async function signedIn(batch: Pick<Batch, "name">, started: Promise<Batch>): Promise<Batch> {
  try {
    return await started;
  } catch (error) {
    if (!isFault(error) || !isForSignIn({ reason: error.message }) || error.layer === "authentication") throw error;
    throw new Fault("move-batch-sign-in", { batch: batch.name, reason: error.message }, { cause: error });
  }
}

export const pause = atSites(async (sites, options: RunOptions, around, name: string) =>
  print(sites, await sites.cmdlets.suspend(name), options, around),
);

export const resume = atSites(async (sites, options: RunOptions, around, name: string) => {
  const access = await sites.access?.();
  const since = await lastFailure(sites.cmdlets, name);
  return goOn(sites, await signedIn({ name }, sites.cmdlets.resume(name, access)), options, around, { since });
});

export const cancel = atSites(async (sites, options: RunOptions, around, name: string) => {
  const batch = await sites.cmdlets.get(name);
  const question = `Cancel ${batch.name}, with ${counted(batch.waiting, "user")} who wait? It cannot be resumed.`;
  if (!(await confirmed(question, options, sites.terminal, around))) return leave(`${batch.name} was not cancelled.`, around);
  return print(sites, await sites.cmdlets.stop(batch.batchId), options, around);
});

export const undo = atSites(async (sites, options: UndoOptions, around, name: string) => {
  const batch = await sites.cmdlets.get(name);
  const many = options.only.length === 0 ? counted(batch.moved, "user") : counted(options.only.length, "user");
  const whom = `${many} of ${batch.name}`;
  if (options.whatIf === true) {
    around.stderr.write(`${whom} would be taken back to where they were. Nothing was changed.\n`);
    return EXIT.ok;
  }
  if (!(await confirmed(`Take ${whom} back to where they were?`, options, sites.terminal, around)))
    return leave("Nobody was taken back.", around);
  const access = await sites.access?.();
  const since = await lastFailure(sites.cmdlets, batch.batchId);
  const undoing = await signedIn(batch, sites.cmdlets.undo(batch.batchId, options.only, access));
  return goOn(sites, undoing, options, around, {
    since,
    // Whoever is not in the batch was told of, and the others are taken back.
    exitCode: ({ failures }) => (failures + sites.cmdlets.errors > 0 ? EXIT.partly : EXIT.ok),
  });
});

export const remove = atSites(async (sites, options: RunOptions, around, name: string) => {
  const batch = await sites.cmdlets.get(name);
  if (!(await confirmed(`Forget ${batch.name} and what became of its users?`, options, sites.terminal, around)))
    return leave(`${batch.name} was not removed.`, around);
  await sites.cmdlets.remove(batch.batchId);
  around.stderr.write(`${batch.name} is forgotten. Nobody was moved.\n`);
  return EXIT.ok;
});

interface Staying {
  /** Failures are told that came after this change number. */
  since?: number;
  /** Default: by how the users of the batch stand. */
  exitCode?: (followed: FollowedBatch) => number;
}

/** Stays with a batch that runs now, or says where to look. */
async function goOn(sites: MoveSites, batch: Batch, options: RunOptions, around: Surroundings, staying: Staying = {}): Promise<number> {
  const { since = 0, exitCode = ({ batch: last }) => exitCodeOfBatch(last) } = staying;
  if (!stays(options, around)) {
    await print(sites, batch, options, around);
    return sites.cmdlets.errors > 0 ? EXIT.partly : EXIT.ok;
  }
  const followed = await followOnScreen(sites, batch, around, since);
  if (followed === undefined) return EXIT.interrupted;
  await print(sites, followed.batch, options, around);
  return exitCode(followed);
}

async function print(sites: MoveSites, batch: Batch, options: RunOptions, around: Surroundings): Promise<number> {
  const before = sites.notes.before(batch.batchId);
  const printer = printerFor(options, around, { viewOf: moveView });
  await printer.add(batchObject(batch, { before, now: await sites.cmdlets.counters() }));
  await printer.end();
  return EXIT.ok;
}

function leave(words: string, { stderr }: Surroundings): number {
  stderr.write(`${words}\n`);
  return EXIT.ok;
}
