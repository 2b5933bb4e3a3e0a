/**
 * GET_COMMAND_METADATA for 450 cmdlets of 25 parameters each: from declarations to the CLIXML of every answer, cold (the
 * declarations are compiled in the run) and warm.
 */
import { Catalogue, commandMetadata, defineCmdlet, queryMetadata, type Cmdlet, type ParameterDeclaration } from "@tieline/language";
import { encode } from "@tieline/remoting/clixml";
import { encodeCommandCount, encodeCommandMetadata } from "@tieline/remoting/psrp";

const CMDLETS = 450;
const PARAMETERS = 25;
const TYPES = ["string", "int", "bool", "switch", "guid", "string[]", "datetime", "object"] as const;

function declare(): Cmdlet[] {
  return Array.from({ length: CMDLETS }, (_, i) => {
    const parameters: Record<string, ParameterDeclaration> = {};
    for (let p = 0; p < PARAMETERS; p++) {
      parameters[`Parameter${p}OfThing`] = {
        type: TYPES[p % TYPES.length] ?? "string",
        aliases: p % 5 === 0 ? [`P${p}`] : [],
        help: "A parameter.",
      };
    }
    return defineCmdlet({ name: `Get-CsThing${i}`, synopsis: "Gets a thing.", parameters });
  });
}

function answer(cmdlets: readonly Cmdlet[]): number {
  const found = queryMetadata(new Catalogue(cmdlets), { names: ["*"], commandTypes: 271, namespaces: [] });
  let bytes = encode(encodeCommandCount(found.length)).length;
  for (const command of found) bytes += encode(encodeCommandMetadata(command)).length;
  return bytes;
}

const declaring = performance.now();
const cmdlets = declare();
const cold = performance.now();
const bytes = answer(cmdlets);
const done = performance.now();
let best = Number.POSITIVE_INFINITY;
for (let i = 0; i < 5; i++) {
  const start = performance.now();
  answer(cmdlets);
  best = Math.min(best, performance.now() - start);
}
console.log(
  `${CMDLETS} cmdlets x ${PARAMETERS} parameters and ${(commandMetadata(cmdlets[0] as Cmdlet).parameters?.length ?? 0) - PARAMETERS} common ones, ${(bytes / 1e6).toFixed(1)} MB of CLIXML`,
);
console.log(
  `declared in ${(cold - declaring).toFixed(0)} ms; answered cold in ${(done - cold).toFixed(0)} ms, warm in ${best.toFixed(0)} ms (wanted: below 1000)`,
);
if (best > 1000) process.exit(1);
