/** `tieline move status` and `tieline move users`: how batches stand, and their users. */
import type { MoveState } from "@tieline/connector";
import { EXIT } from "../exit-code.ts";
import { formatOf } from "../invocation.ts";
import { batchObject, counterLines, moveView, userObject } from "../move-objects.ts";
import { printerFor } from "../printer-for.ts";
import { atSites, type SiteOptions } from "./move-sites.ts";

interface UsersOptions extends SiteOptions {
  state?: Lowercase<MoveState>;
  resultSize?: number;
}

export const status = atSites(async ({ cmdlets, notes }, options: SiteOptions, around, name: string | undefined) => {
  const batches = name === undefined ? await cmdlets.list() : [await cmdlets.get(name)];
  const now = await cmdlets.counters();
  const before = name === undefined ? undefined : notes.before(batches[0]?.batchId ?? "");
  const printer = printerFor(options, around, { viewOf: moveView });
  for (const batch of batches) await printer.add(batchObject(batch, name === undefined ? undefined : { before, now }));
  await printer.end();
  if (batches.length === 0) around.stderr.write("There are no batches; tieline move plan makes one.\n");
  const format = formatOf(options, around);
  if (format === "table" && options.query === undefined) {
    const [only] = batches;
    if (name !== undefined && only?.reason !== undefined) around.stdout.write(`\n${only.reason}\n`);
    around.stdout.write(`\n${counterLines(now, before).join("\n")}\n`);
  }
  return EXIT.ok;
});

export const users = atSites(async ({ cmdlets }, options: UsersOptions, around, name: string) => {
  const { state, resultSize } = options;
  const printer = printerFor(options, around, { viewOf: moveView });
  const choice = {
    ...(state === undefined ? {} : { state: `${state.charAt(0).toUpperCase()}${state.slice(1)}` as MoveState }),
    ...(resultSize === undefined ? {} : { resultSize }),
  };
  for await (const user of cmdlets.users(name, choice)) await printer.add(userObject(user));
  await printer.end();
  return EXIT.ok;
});
