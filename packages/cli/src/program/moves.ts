/** Commands of whoever moves users between the two sites: `move`, `sync`. */
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { collect, connecting, examples, wholeNumber, type Action, type Declare } from "./options.ts";

export const declareMoves: Declare = (program, run) => {
  const move = program
    .command("move")
    .description("move users between the pool and the online service, in batches that last (docs/moves.md)");

  examples(
    planning(
      leading(move.command("plan").argument("[file]", "a CSV file as Get-CsOnlineUser | Export-Csv writes it, or a list of addresses")),
    )
      .description("make a batch and check all of its users; nobody is moved")
      .option("--what-if", "read the file and change nothing")
      .action(run(async () => (await import("../commands/move-plan.ts")).plan as Action)),
    "tieline move plan pilots.csv --name pilot --pool pool01.contoso.local --user administrator@contoso.local",
    "tieline move plan --filter \"Department -eq 'Sales'\" --name sales --wave-size 500 --window 20:00-06:00 --lab",
    "tieline move plan online.csv --target pool01.contoso.local --lab",
  );
  examples(
    following(asking(leading(planning(move.command("start").argument("[batch]", "a batch that was planned")))))
      .description("start a batch; or plan and start one, with the options of plan")
      .option("--what-if", "check the users and start nothing")
      .action(run(async () => (await import("../commands/move-run.ts")).start as Action)),
    "tieline move start pilot --lab --online-account admin@contoso.com",
    "tieline move start --file pilots.csv --name pilot --lab --online-account admin@contoso.com --yes --no-follow",
  );
  examples(
    leading(move.command("status").argument("[batch]", "one batch; all where left out"))
      .description("how batches stand, and how many users are homed where")
      .action(run(async () => (await import("../commands/move-status.ts")).status as Action)),
    "tieline move status --lab",
    "tieline move status pilot --lab -o json --query '[0].Failed'",
  );
  examples(
    leading(move.command("users").argument("<batch>", "a batch"))
      .description("the users of a batch: where each stands, is homed, and why one failed")
      .addOption(
        new Option("--state <state>", "those in this state alone").choices(["waiting", "moving", "moved", "failed", "skipped", "undone"]),
      )
      .option("--result-size <number>", "no more than so many", wholeNumber)
      .action(run(async () => (await import("../commands/move-status.ts")).users as Action)),
    "tieline move users pilot --lab --state failed",
    "tieline move users pilot --lab --state failed -o csv > again.csv",
  );
  examples(
    leading(move.command("pause").argument("<batch>", "a batch that runs"))
      .description("begin no more moves; those under way end")
      .action(run(async () => (await import("../commands/move-run.ts")).pause as Action)),
    "tieline move pause pilot --lab",
  );
  examples(
    following(leading(move.command("resume").argument("<batch>", "a batch that is suspended, or ended with failures")))
      .description("go on with a batch; where it ended with failures, once more with those who failed")
      .action(run(async () => (await import("../commands/move-run.ts")).resume as Action)),
    "tieline move resume pilot --lab --online-account admin@contoso.com",
  );
  examples(
    asking(leading(move.command("cancel").argument("<batch>", "a batch")))
      .description("end a batch for good; whoever has moved stays moved")
      .action(run(async () => (await import("../commands/move-run.ts")).cancel as Action)),
    "tieline move cancel pilot --lab --yes",
  );
  examples(
    following(asking(leading(move.command("undo").argument("<batch>", "a batch"))))
      .description("take the users of a batch back to where they were: all of them, or some")
      .option("--only <address>", "this one alone; may be repeated", collect, [])
      .option("--what-if", "say who would be taken back, and change nothing")
      .action(run(async () => (await import("../commands/move-run.ts")).undo as Action)),
    "tieline move undo pilot --lab --only alice@contoso.com --online-account admin@contoso.com",
    "tieline move undo pilot --lab --online-account admin@contoso.com --yes",
  );
  examples(
    asking(leading(move.command("remove").argument("<batch>", "a batch on which nobody works")))
      .description("forget a batch and what became of its users; nobody is moved")
      .action(run(async () => (await import("../commands/move-run.ts")).remove as Action)),
    "tieline move remove pilot --lab --yes",
  );
  examples(
    leading(move.command("report").argument("<batch>", "a batch"))
      .description("what a batch came to: outcomes, reasons of failures, times, and each user")
      .addOption(
        new Option("--format <format>", "how it is written (default: by the name of the file, else by -o)").choices([
          "table",
          "csv",
          "json",
          "html",
        ]),
      )
      .option("--out <file>", "where to write it, instead of stdout")
      .action(run(async () => (await import("../commands/move-report.ts")).report as Action)),
    "tieline move report pilot --lab",
    "tieline move report pilot --lab --out pilot.html",
  );

  examples(
    leading(program.command("sync"))
      .description("synchronise the pool's directory to its tenant")
      .addOption(new Option("--delta", "what has changed since the last cycle (default)").conflicts(["initial", "status"]))
      .addOption(new Option("--initial", "everything").conflicts(["delta", "status"]))
      .addOption(new Option("--status", "say how the schedule stands, and start nothing").conflicts(["delta", "initial"]))
      .action(run(async () => (await import("../commands/sync.ts")).sync as Action)),
    "tieline sync --lab",
    "tieline sync --initial --pool pool01.contoso.local --user administrator@contoso.local",
    "tieline sync --status --lab",
  );
};

/** Commands that a pool carries out, which signs in to the online side where it must. */
function leading(command: Command): Command {
  command
    .optionsGroup("The pool and the online side:")
    .option("--pool <name>", "the pool that leads the moves (or TIELINE_POOL; default: a lab's own)")
    .option("--user <name>", "who signs in at the pool (or TIELINE_USER); --password-file is this account's")
    .option(
      "--online-account <name>",
      "who signs in online, where the pool cannot by itself (or TIELINE_ONLINE_ACCOUNT); --sign-in says how",
    )
    .option("--online-password-file <file>", "that account's password (or TIELINE_ONLINE_PASSWORD)")
    .option("--hosted-migration-url <url>", "the hosted migration service, where discovery does not lead to it")
    .optionsGroup("Options:");
  return connecting(command);
}

function planning(command: Command): Command {
  return command
    .optionsGroup("Who is moved:")
    .option("--file <file>", "the same as the file")
    .option("--list <file>", "a file as Move-CsUser -UserList takes it: sip:u1@contoso.com,sip:u2@contoso.com")
    .option("--users <addresses>", "users by their addresses, with commas between", commas)
    .option("--filter <filter>", "users by a filter, as Get-CsUser takes it")
    .option("--include-rooms", "rooms and common-area phones, too, after everybody else")
    .optionsGroup("How they are moved:")
    .option("--name <name>", "the batch's name (default: that of the file, with the time)")
    .option("--target <target>", "`online`, the proxy of a hosting provider, or a pool", "online")
    .option("--concurrent <number>", "users who are moved at the same time", wholeNumber)
    .option("--wave-size <number>", "users a wave; delegates and their principals are moved together", wholeNumber)
    .option("--rate <number>", "users who may begin within a minute", wholeNumber)
    .option("--window <hours>", "moves begin within these hours only, as in 20:00-06:00", hours)
    .option("--time-zone <name>", "whose hours, as in Europe/Berlin")
    .option("--mail-template <file>", "a mail for each who was moved, with {DisplayName}, {SipAddress}, {Target} and {Date} in it")
    .option("--force", "without contacts and meetings: THEY ARE LOST")
    .option("--move-to-teams", "to Teams alone")
    .option("--bypass-audio-conferencing-check", "also users who dial in and have no licence for that online")
    .option("--bypass-enterprise-voice-check", "also users with Enterprise Voice and no licence for that online")
    .optionsGroup("Options:");
}

function asking(command: Command): Command {
  return command.option("-y, --yes", "do not ask whether it is meant");
}

function following(command: Command): Command {
  return command
    .option("--follow", "stay, and show how it goes (default on a terminal); Ctrl-C leaves the batch running")
    .option("--no-follow", "start it and come back");
}

function commas(text: string): string[] {
  return text
    .split(/[,;\s]+/)
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function hours(text: string): string {
  if (!/^(?:[01]?\d|2[0-3]):[0-5]\d-(?:[01]?\d|2[0-3]):[0-5]\d$/.test(text)) throw new InvalidArgumentError("Write it as 20:00-06:00.");
  return text;
}
