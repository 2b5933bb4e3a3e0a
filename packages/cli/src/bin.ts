/** The process's entry. */
import { main } from "./main.ts";
import { exitCodeOf } from "./exit-code.ts";
import { reportFault } from "./fault-report.ts";
import { styleFor } from "./style.ts";
import { surroundingsOf } from "./surroundings.ts";

const around = surroundingsOf(process);
try {
  process.exitCode = await main(process.argv.slice(2), around);
} catch (error) {
  process.exitCode = exitCodeOf(reportFault(error, around.stderr, undefined, styleFor(around.stderr, around.environment)));
}
// What a session left behind (a timer, a socket that lingers) must not keep the shell waiting.
setTimeout(() => process.exit(), 2000).unref();
