/**
 * `npm start`: the lab, and the first connection to it in front of the user's eyes. `-- --once` ends after that.
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { hostedMigrationToken, openConnection, PowerShellError } from "@tieline/connector";
import { Fault } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import { defaultDataFolder, type RunningLab } from "@tieline/server";
import { startFrom, type UpOptions } from "./commands/up.ts";
import { sourceFor, type Source } from "./commands/session-source.ts";
import { exitCodeOf } from "./exit-code.ts";
import { firstConnection } from "./first-connection.ts";
import { reportFault } from "./fault-report.ts";
import type { Surroundings } from "./invocation.ts";
import { labBanner } from "./lab-banner.ts";
import { pilotMoves } from "./pilot-moves.ts";
import { SessionPool } from "./pilot-pool.ts";
import { columnsOf } from "./output/terminal.ts";
import { printable } from "./output/width.ts";
import { Printer } from "./output/printer.ts";
import { styleFor, type Style } from "./style.ts";
import { surroundingsOf } from "./surroundings.ts";
import { defaultView } from "./views.ts";

const SHOWN_USERS = 10;
const ADMIN = "admin@contoso.com";
/** Has the two roles at the pool that moving across takes. */
const MOVER = "mover@contoso.local";
const POOL = "pool01.contoso.local";
const HELP = `npm start -- [options]

  --once                            end after the first connection
  --data FOLDER                     where the lab is kept (default: the user's data folder)
  --users NUMBER                    people of the first tenant, made up when the lab is new (default: 40)
  --port NAME=PORT                  a port for online-https, online-http, online-ssh, pool-https, pool-http or lab-dns
  --database-url URL                a PostgreSQL server instead of the file
  --database-password-file FILE     its password (or PGPASSWORD)
`;
const around = surroundingsOf(process);

try {
  process.exitCode = await start(around);
} catch (error) {
  process.exitCode = exitCodeOf(
    reportFault(error, around.stderr, undefined, styleFor(around.stderr, around.environment), (error as { stage?: string }).stage),
  );
}

async function start({ stdout, stderr, environment, signal }: Surroundings): Promise<number> {
  const { once: onlyOnce, help, ...options } = optionsFrom(process.argv.slice(2));
  if (help) {
    stdout.write(HELP);
    return 0;
  }
  const style = styleFor(stdout, environment);
  await using lab = await startFrom(options, around);
  stdout.write(`${style.strong("The first connection")}: ${ADMIN} signs in to the lab's service\n\n`);
  const source = sourceFor({ data: lab.folder, signIn: "password" }, ADMIN, { ...around, stderr: stdout });
  {
    await using session = (await firstConnection(source, style, (text) => void stdout.write(text))).session;
    stdout.write(`\n${style.strong("The tenant")}  ${style.dim("Get-CsTenant")}\n\n`);
    await show(session.invoke("Get-CsTenant"), around);
    stdout.write(`\n${style.strong("Its users")}  ${style.dim(`Get-CsOnlineUser -ResultSize ${SHOWN_USERS}`)}\n\n`);
    await show(session.invoke("Get-CsOnlineUser", { ResultSize: SHOWN_USERS }), around);
  }
  await pilot(lab, source, style, around);
  stdout.write(labBanner(lab, style, lab.folder === defaultDataFolder(environment)));
  if (onlyOnce || signal.aborted) return 0;
  stdout.write("Serving until Ctrl-C.\n");
  await once(signal, "abort");
  stderr.write("Closing sessions ...\n");
  return 0;
}

/** Moves between the two sites, as an administrator of the pool makes them: with a token of the service that was got here. */
async function pilot({ folder }: RunningLab, online: Source, style: Style, around: Surroundings): Promise<void> {
  const { stdout } = around;
  const write = (text: string): void => void stdout.write(text);
  write(`\n${style.strong("The pilot")}: people move between ${POOL} and the service\n`);
  write(`  ${style.dim(`${MOVER} moves them, with a token of ${ADMIN}`)}\n\n`);
  try {
    const token = await hostedMigrationToken({ user: ADMIN, signIn: online.wish.signIn }, online.surroundings);
    const atPool = sourceFor({ data: folder, targetUri: `https://${POOL}/OcsPowershell` }, MOVER, { ...around, stderr: stdout });
    await using session = (await openConnection(atPool.wish, atPool.surroundings)).session;
    await pilotMoves(new SessionPool(session, POOL, token), style, write);
  } catch (error) {
    // The lab serves all the same.
    if (error instanceof PowerShellError) write(`  ${style.error(printable(error.message))}\n`);
    else reportFault(error, stdout, undefined, style, undefined);
  }
}

async function show(values: AsyncIterable<PsValue>, { stdout }: Surroundings): Promise<void> {
  const printer = new Printer({
    format: "table",
    width: columnsOf(stdout),
    viewOf: defaultView,
    write: (text) => void stdout.write(text),
  });
  for await (const value of values) await printer.add(value);
  await printer.end();
}

function optionsFrom(argv: string[]): UpOptions & { once: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        once: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        data: { type: "string" },
        users: { type: "string", default: "40" },
        port: { type: "string", multiple: true, default: [] },
        "database-url": { type: "string" },
        "database-password-file": { type: "string" },
      },
    });
    if (!/^\d{1,7}$/.test(values.users)) throw new Error("--users takes a whole number.");
    return {
      once: values.once,
      help: values.help,
      users: Number(values.users),
      port: values.port,
      ...(values.data === undefined ? {} : { data: values.data }),
      ...(values["database-url"] === undefined ? {} : { databaseUrl: values["database-url"] }),
      ...(values["database-password-file"] === undefined ? {} : { databasePasswordFile: values["database-password-file"] }),
    };
  } catch (error) {
    throw new Fault(
      "usage",
      {
        what: (error as Error).message,
        hint: "npm start -- [--once] [--data FOLDER] [--users NUMBER] [--port NAME=PORT] [--database-url URL]",
      },
      { cause: error },
    );
  }
}
