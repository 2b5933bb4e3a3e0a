/**
 * The language's pipeline: objects a second through commands that never wait, through one that waits each time, and
 * through a filter; and how many more than it needed the first command made before -First stopped it.
 */
import {
  Catalogue,
  command,
  compileFilter,
  defineCmdlet,
  parseFilter,
  restrictedCommands,
  Runspace,
  type PipelineSink,
  type StructuredCommand,
} from "@tieline/language";
import { PsObject, Shape, type PsValue } from "@tieline/remoting/objects";

const COUNT = 100_000;
const NAMES = Array.from({ length: 60 }, (_, i) => `Property${i}`);
const SHAPE = Shape.of(["DisplayName", "Enabled", ...NAMES]);
const users = Array.from({ length: COUNT }, (_, i) =>
  PsObject.shaped(["Test.User"], "adapted", SHAPE, [`User ${i}`, i % 2 === 0, ...NAMES.map((_name, p) => p)]),
);
let made = 0;

const fast = defineCmdlet({
  name: "Get-Fast",
  synopsis: "Puts out users.",
  parameters: {},
  *process() {
    for (const user of users) {
      made++;
      yield user;
    }
  },
});
const waiting = defineCmdlet({
  name: "Get-Waiting",
  synopsis: "Puts out users, waiting each time.",
  parameters: {},
  async *process() {
    for (const user of users) yield Promise.resolve(user);
  },
});

const nothing = (): void => undefined;
const sink: PipelineSink = {
  output: nothing,
  error: nothing,
  warning: nothing,
  verbose: nothing,
  debug: nothing,
  information: nothing,
  progress: nothing,
};
const runspace = new Runspace({ catalogue: new Catalogue([fast, waiting, ...restrictedCommands()]), session: null });

async function rate(title: string, commands: readonly StructuredCommand[]): Promise<void> {
  let best = 0;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const outcome = await runspace.run([commands], { sink });
    if (outcome.state !== "completed") throw new Error(outcome.error?.message);
    best = Math.max(best, (COUNT * 1000) / (performance.now() - start));
  }
  console.log(`${title.padEnd(64)} ${best.toFixed(0).padStart(10)} objects/s`);
}

await rate("Get-Fast", [command("Get-Fast")]);
await rate("Get-Fast | Select-Object -Skip 1", [command("Get-Fast"), command("Select-Object", { Skip: 1 })]);
await rate("Get-Fast | Select-Object DisplayName, Enabled", [
  command("Get-Fast"),
  command("Select-Object", { Property: ["DisplayName", "Enabled"] as PsValue[] }),
]);
await rate("Get-Fast | Where-Object Enabled -eq $true | Measure-Object", [
  command("Get-Fast"),
  command("Where-Object", { EQ: true }, ["Enabled", true]),
  command("Measure-Object"),
]);
await rate("Get-Waiting | Select-Object DisplayName, Enabled", [
  command("Get-Waiting"),
  command("Select-Object", { Property: ["DisplayName", "Enabled"] as PsValue[] }),
]);

const predicate = compileFilter(
  parseFilter("DisplayName -like '*7*' -and Enabled -eq $true -or Property5 -gt 100"),
  (user: PsObject, name) => user.get(name),
);
const start = performance.now();
const found = users.filter(predicate).length;
console.log(
  `${`filter of three comparisons (${found} found)`.padEnd(64)} ${((COUNT * 1000) / (performance.now() - start)).toFixed(0).padStart(10)} objects/s`,
);

made = 0;
await runspace.run([[command("Get-Fast"), command("Select-Object", { First: 3 })]], { sink });
console.log(`Select-Object -First 3 stopped Get-Fast after ${made} objects`);
