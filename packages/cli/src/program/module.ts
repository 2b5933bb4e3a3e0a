/** Commands around stock PowerShell: `module`, `bridge`. */
import { Option } from "commander";
import { common, examples, wholeNumber, type Action, type Declare } from "./options.ts";

export const declareModule: Declare = (program, run) => {
  const module = program.command("module").description("Tieline's module for PowerShell: Connect-Tieline, New-CsOnlineSession");
  examples(
    common(module.command("install"))
      .description("put the module where PowerShell finds it")
      .addOption(new Option("--scope <scope>", "for you alone, or for all users of the machine").choices(["user", "all"]).default("user"))
      .option("--as <name>", "also under a name that scripts know: SkypeOnlineConnector or LyncOnlineConnector")
      .option("--path <folder>", "a folder of modules to put it into, instead of PowerShell's own")
      .action(run(async () => (await import("../commands/module.ts")).install as Action)),
    "tieline module install",
    "tieline module install --as SkypeOnlineConnector",
  );
  examples(
    common(module.command("uninstall"))
      .description("remove it again, under every name")
      .addOption(new Option("--scope <scope>", "where it was installed").choices(["user", "all"]).default("user"))
      .option("--path <folder>", "the folder of modules that it was put into")
      .action(run(async () => (await import("../commands/module.ts")).uninstall as Action)),
    "tieline module uninstall",
  );
  examples(
    common(module.command("path"))
      .description("print where the module is, for Import-Module without installing it")
      .action(run(async () => (await import("../commands/module.ts")).path as Action)),
    "pwsh -Command 'Import-Module (tieline module path -o csv | ConvertFrom-Csv).Path'",
  );

  program
    .command("bridge", { hidden: true })
    .description("the process between PowerShell and the service")
    .option("--serve", "be it, in this terminal")
    .option("--start", "find it, or start it in the background, and print how to reach it")
    .option("--stop", "end it, with its sessions")
    .option("--list", "print its sessions")
    .option("--idle-minutes <number>", "how long it stays with nothing to do", wholeNumber, 10)
    .action(run(async () => (await import("../commands/bridge.ts")).bridge as Action));
};
