/** The process's entry. */
import { main } from "./main.ts";
import { surroundingsOf } from "./surroundings.ts";

process.exitCode = await main(process.argv.slice(2), surroundingsOf(process));
// What a session left behind (a timer, a socket that lingers) must not keep the shell waiting.
setTimeout(() => process.exit(), 2000).unref();
