/** Our server with as many cmdlets as a large module has, on a Unix socket, in a process of its own. Argument: the socket's path. */
import {
  Catalogue,
  defineCmdlet,
  queryMetadata,
  restrictedCommands,
  Runspace as LanguageRunspace,
  type Cmdlet,
  type ParameterDeclaration,
} from "@tieline/language";
import { RemotingServer } from "@tieline/remoting";
import { PsDictionary, Version } from "@tieline/remoting/objects";
import { answerQuestions } from "./peer-process.ts";

export const CMDLETS = 450;
export const PARAMETERS = 25;
const TYPES = ["string", "int", "bool", "switch", "guid", "string[]", "datetime", "object"] as const;

function cmdlets(): Cmdlet[] {
  return Array.from({ length: CMDLETS }, (_, i) => {
    const parameters: Record<string, ParameterDeclaration> = {};
    for (let p = 0; p < PARAMETERS; p++)
      parameters[`Parameter${p}OfThing`] = { type: TYPES[p % TYPES.length] ?? "string", help: "A parameter." };
    return defineCmdlet({ name: `Get-CsThing${i}`, synopsis: "Gets a thing.", parameters });
  });
}

const nothing = (): void => undefined;
const catalogue = new Catalogue([...restrictedCommands(), ...cmdlets()]);
const server = new RemotingServer<string>({
  handler: {
    open: () => ({
      privateData: PsDictionary.of({ PSVersionTable: PsDictionary.of({ PSVersion: new Version("5.1.17763.1") }) }),
      commandMetadata: (query) => queryMetadata(catalogue, query),
      // Import-PSSession asks for formats too.
      async run(request, output) {
        const sink = {
          output: (value: never) => output.write(value),
          error: nothing,
          warning: nothing,
          verbose: nothing,
          debug: nothing,
          information: nothing,
          progress: nothing,
        };
        await new LanguageRunspace({ catalogue, session: null }).run(request.statements, { sink, signal: request.signal });
      },
    }),
  },
});
await server.listenSocket(process.argv[2] ?? "", "anyone");
answerQuestions({ ready: () => true }, () => server.close());
