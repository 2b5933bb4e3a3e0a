/** Move-CsUser: one user, or a list of them, between pools and between the deployment and the service. */
import { asFault, Fault, isFault } from "@tieline/fault";
import { AD_USER, mayMoveAcross, rolesFor, userObject, type ObjectId, type Tenant, type UserRecord } from "../../directory/index.ts";
import {
  MoveJournal,
  namesInList,
  ONLINE_TARGET,
  reportName,
  routeOf,
  TICKET_REFUSED,
  type MoveOptions,
  type MoveOutcome,
} from "../../migration/index.ts";
import { DOMAIN_CONTROLLER, FQDN, PASS_THRU, POOL_USER } from "../parameter-types.ts";
import { cmdlet, mine, tenantOf, type CmdletSession, type SessionContext } from "../session.ts";
import { oneUser } from "../user-lookup.ts";
import { moveError } from "./move-error.ts";
import { reportRow, writeReport, type ReportRow } from "./move-report.ts";
import { MOVE_SWITCHES, moveOptionsOf, type MoveSwitches } from "./move-switches.ts";
import { onlineSide, SIGN_IN, type OnlineSide } from "./online-side.ts";

interface MoveArguments extends OnlineSide, MoveSwitches {
  Target: string;
  Report?: string | null | undefined;
  PassThru?: boolean | undefined;
  ConcurrentMovesPerFE?: number | undefined;
}

/** Users of a list that are moved at a time, where nobody says. */
const CONCURRENT = 4;
const MOST_CONCURRENT = 64;

export const moveCsUser = cmdlet({
  name: "Move-CsUser",
  synopsis: "Moves users to another pool, to the online service, or back.",
  description:
    "Moves users with their contacts, groups, permissions, delegates, meetings, call forwarding and policies. The target is a pool of the deployment or the proxy of a hosting provider. Before anything changes it is checked: licences, address, homing, rights. A move that fails leaves the user as before; one that is cut off in the middle is completed or undone by the service itself.",
  examples: [
    {
      code: "Move-CsUser -Identity user@contoso.com -Target sipfed.online.lync.com -MoveToTeams -Credential $cred -HostedMigrationOverrideUrl https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc",
      remarks: "Moves a user online, to Teams, with an administrator's password (legacy).",
    },
    {
      code: "Move-CsUser -Identity kenmyer@contoso.com -Target pool01.contoso.local -AccessTokens $token -Confirm:$false",
      remarks: "Moves a user back on premises, with a token that was had at the client.",
    },
    {
      code: 'Get-CsUser -Filter {RegistrarPool -eq "pool01.contoso.local"} | Move-CsUser -Target pool02.contoso.local',
      remarks: "Empties a pool.",
    },
    {
      code: 'Move-CsUser -UserList "sip:ken@contoso.com,sip:alice@contoso.com" -Target sipfed.online.lync.com -Report moved.csv',
      remarks: "Moves two users by the deployment's own application, and writes a report.",
    },
  ],
  related: ["Get-TielineMove", "New-TielineMoveBatch", "Get-CsUser", "Enable-CsUser"],
  roles: rolesFor("Move-CsUser", "pool"),
  implementingType: "Microsoft.Rtc.Management.AD.Cmdlets.MoveOcsUserCmdlet",
  output: [{ typeName: AD_USER.typeNames[0] as string }],
  supportsShouldProcess: true,
  confirmImpact: "High",
  defaultSet: "Identity",
  parameters: {
    Identity: { ...POOL_USER, sets: ["Identity"] },
    Target: {
      type: FQDN,
      mandatory: true,
      sets: { Identity: { position: 1 }, Users: { position: 0 } },
      help: `Where to: a pool's name, or ${ONLINE_TARGET}.`,
    },
    UserList: {
      type: "string",
      mandatory: true,
      sets: ["Users"],
      help: "SIP addresses with commas between, sip:u1@contoso.com,sip:u2@contoso.com; at the client a file of them.",
    },
    ...SIGN_IN,
    UseOAuth: { type: "switch", help: "Modern sign-in: at the client only, where a window can open." },
    TenantAdminUserName: { type: "string", help: "Whom modern sign-in is for: at the client only." },
    ...MOVE_SWITCHES,
    MoveConferenceData: { type: "switch", help: "Between pools: meetings go along. They always do here: it is taken and changes nothing." },
    ConcurrentMovesPerFE: {
      type: "int",
      sets: ["Users"],
      validate: { range: [1, MOST_CONCURRENT] },
      help: `Users of the list that are moved at a time; ${CONCURRENT} where nobody says.`,
    },
    Report: { type: "string", help: "The name of a file for the report (CSV), in the deployment's folder reports." },
    UseLegacyMode: { type: "switch", help: "The vendor's older way of moving. There is one way here: it is taken and changes nothing." },
    IgnoreBackendStoreException: {
      type: "switch",
      help: "Goes on without the store of a pool that is down. There is none such: it is taken and changes nothing.",
    },
    ProxyPool: { type: FQDN, help: "The older proxy of a user. It is taken and changes nothing." },
    DomainController: DOMAIN_CONTROLLER,
    PassThru: PASS_THRU,
  },
  stages(context) {
    const run: Run = { report: [], listed: new Set(), inTurn: oneAfterTheOther() };
    let wanted: string | undefined;
    return {
      async process(args) {
        const tenant = await tenantOf(context);
        wanted = args.Report ?? undefined;
        // Before anybody is moved, and not after all of them.
        if (wanted !== undefined) await orFail(context, wanted, (name) => reportName(name));
        const rest = args as MoveArguments;
        if (context.parameterSet === "Users") await moveList(context, tenant, args.UserList ?? "", rest, run);
        else await moveOne(context, tenant, args.Identity ?? "", rest, run);
      },
      async end() {
        // Whoever only asks what would happen, or says no to everything, has nothing to report.
        if (wanted === undefined || run.report.length === 0) return;
        const path = await orFail(context, wanted, (name) => writeReport(context.session, name, run.report));
        context.verbose(`Report: ${path}`);
      },
    };
  },
});

/** What the users of one command share. */
interface Run {
  report: ReportRow[];
  /** Users of a list who had their turn: somebody may stand there twice, by two names. */
  listed: Set<ObjectId>;
  /** Questions are put one after the other, however many move at a time. */
  inTurn: <T>(ask: () => T | Promise<T>) => Promise<T>;
}

function oneAfterTheOther(): Run["inTurn"] {
  let last: Promise<unknown> = Promise.resolve();
  return (ask) => {
    const answer = last.then(ask);
    last = answer.catch(() => undefined);
    return answer;
  };
}

async function orFail<T>(context: SessionContext, name: string, work: (name: string) => T | Promise<T>): Promise<T> {
  try {
    return await work(name);
  } catch (error) {
    if (!isFault(error)) throw error;
    return context.fail(moveError(error, name));
  }
}

async function moveList(context: SessionContext, tenant: Tenant, list: string, args: MoveArguments, run: Run): Promise<void> {
  const names = [...new Set(namesInList(list))];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < names.length && !context.signal.aborted) {
      const name = names[next++] as string;
      context.progress({ activity: "Move-CsUser", status: name, percentComplete: Math.floor((100 * (next - 1)) / names.length) });
      await moveOne(context, tenant, name, args, run);
    }
  };
  const workers = Array.from({ length: Math.min(args.ConcurrentMovesPerFE ?? CONCURRENT, names.length) }, () =>
    work().catch((error: unknown) => {
      // The command ends: nobody begins another user, and what is under way is waited for.
      next = names.length;
      throw error;
    }),
  );
  const ends = await Promise.allSettled(workers);
  context.progress({ activity: "Move-CsUser", completed: true });
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** An error of one user leaves the next alone. */
async function moveOne(context: SessionContext, tenant: Tenant, identity: string, args: MoveArguments, run: Run): Promise<void> {
  const { session } = context;
  const user = await userToMove(context, identity, tenant);
  if (user === undefined) {
    const now = session.nowMs();
    run.report.push(reportRow({ sipAddress: identity, displayName: "" }, args.Target, now, now, missed(identity)));
    return;
  }
  if (context.parameterSet === "Users") {
    if (run.listed.has(user.objectId)) return;
    run.listed.add(user.objectId);
  }
  const name = user.sipAddress ?? user.userPrincipalName;
  if (!(await run.inTurn(() => context.shouldProcess(name, `Move-CsUser to ${args.Target}`)))) return;
  const beganMs = session.nowMs();
  try {
    const outcome = await moved(context, user, args);
    for (const warning of outcome.warnings) context.warning(warning);
    context.verbose(words(user, outcome));
    run.report.push(reportRow(user, args.Target, beganMs, session.nowMs(), outcome));
    if (args.PassThru === true) {
      const after = (await mine(context).users.get(user.objectId)) ?? user;
      await context.write(userObject(AD_USER, after, tenant));
    }
  } catch (error) {
    const fault = asFault(error);
    if (!isFault(error)) throw error;
    run.report.push(reportRow(user, args.Target, beganMs, session.nowMs(), fault));
    context.writeError(moveError(fault, identity));
  }
}

/** Whoever is named by a SIP address is missed in the words that administrators know. */
async function userToMove(context: SessionContext, identity: string, tenant: Tenant): Promise<UserRecord | undefined> {
  const sip = identity.trim().toLowerCase();
  if (!/^sip:[^*]+$/.test(sip)) return oneUser(context, identity, tenant);
  const [user] = await mine(context).users.find((eb) => eb("sip_key", "=", sip), 1);
  if (user === undefined) context.writeError(moveError(missed(identity), identity));
  return user;
}

function missed(identity: string): Fault {
  const name = identity.trim();
  return /^sip:/i.test(name) ? new Fault("move-sip-not-in-directory", { sip: name }) : new Fault("user-not-found", { identity: name });
}

async function moved(context: SessionContext, user: UserRecord, args: MoveArguments): Promise<MoveOutcome> {
  const { session, signal } = context;
  const { migration, caller } = session;
  if (migration === undefined) throw new Fault("move-no-migration");
  const options = moveOptionsOf(args);
  const now = (await settledAnew(session, user, args)) ?? user;
  const across = await isAcross(session, now, args.Target, options);
  if (across && !mayMoveAcross(caller.roles)) throw new Fault("move-roles-missing", { user: caller.userPrincipalName });
  const hosted = across ? await onlineSide(session, args) : undefined;
  if (hosted !== undefined) context.verbose(`HostedMigrationOverrideUrl = '${hosted.url}'`);
  const wish = { user: user.objectId, target: args.Target, options, by: caller.userPrincipalName };
  return migration.moves.move(wish, {
    hosted,
    signal,
    asksFirst: true,
    onStep: (step) => context.verbose(`${STEPS[step]} ${user.sipAddress ?? ""}`),
  });
}

/**
 * The user's last move waits for a sign-in that is taken: this one is offered before anything else is said of the user, who may
 * look as if nothing were to be done. Gives the user as it is then; undefined where nothing waits.
 */
async function settledAnew(session: CmdletSession, user: UserRecord, args: MoveArguments): Promise<UserRecord | undefined> {
  const { migration, caller, directory, tenantId } = session;
  const open = await new MoveJournal(directory.db, tenantId).active(user.objectId);
  if (migration === undefined || open?.faultCode !== TICKET_REFUSED || !mayMoveAcross(caller.roles)) return undefined;
  await migration.moves.settle(await onlineSide(session, args));
  return directory.tenant(tenantId).users.get(user.objectId);
}

/** What a user watching sees; the words are ours. */
const STEPS = {
  check: "Checking",
  freeze: "Freezing",
  export: "Exporting the data of",
  import: "Importing the data of",
  switch: "Switching the home of",
  redirect: "Redirecting",
  release: "Releasing",
} as const;

function words(user: UserRecord, { target, moved: counts, teamsUpgradeMode, durationMs }: MoveOutcome): string {
  const mode = teamsUpgradeMode === null ? "" : `, ${teamsUpgradeMode}`;
  return `${user.sipAddress ?? ""} is homed on ${target} now: ${counts.contacts} contacts, ${counts.groups} groups, ${counts.meetings} meetings${mode} (${durationMs} ms)`;
}

/** Whether the service has a part in it: only then somebody signs in there, and not for a move that goes nowhere. @throws Fault of `routeOf` */
async function isAcross(session: CmdletSession, user: UserRecord, target: string, options: MoveOptions): Promise<boolean> {
  const { pools, settings } = session.directory.tenant(session.tenantId);
  const targets = { pools: await pools.list(), providers: await settings.list("HostingProvider") };
  return routeOf(user, target, options, targets).direction !== "between-pools";
}
