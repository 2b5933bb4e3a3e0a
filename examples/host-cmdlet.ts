// Hosts one cmdlet of your own:  node examples/host-cmdlet.ts SOCKET
// Then, in PowerShell 7.3 or later, or with examples/open-pool.ts:  Get-Weather -City Oslo, Rome
import { PowerShellError, PsList, PsObject, RemotingServer, type PsValue } from "@tieline/remoting";
import { errorRecord, type CommandArgument } from "@tieline/remoting/psrp";

/** `-City`, `-City:` and `City` are the same to PowerShell; a name without a value belongs to the value behind it. */
function named(given: readonly CommandArgument[]): Map<string, PsValue> {
  const args = new Map<string, PsValue>();
  let waiting: string | null = null;
  for (const { name, value } of given) {
    if (name !== null && value === null) waiting = name;
    else args.set((name ?? waiting ?? "").replace(/^-|:$/g, "").toLowerCase(), value);
  }
  return args;
}

const server = new RemotingServer<string>({
  handler: {
    open: (session) => ({
      async run({ statements }, output) {
        const [command] = statements[0] ?? [];
        if (command?.text.toLowerCase() !== "get-weather") {
          const message = `The term '${command?.text}' is not recognized as a name of a cmdlet, function, script file, or executable program.`;
          throw new PowerShellError([errorRecord({ message, id: "CommandNotFoundException", category: "ObjectNotFound" })], true);
        }
        const city = named(command.arguments).get("city") ?? "Oslo";
        // An array arrives as an object around a list.
        for (const name of city instanceof PsObject && city.base instanceof PsList ? city.base : [city]) {
          await output.write(PsObject.of({ City: String(name), Celsius: String(name).length * 3, For: session.principal }));
        }
      },
      commandMetadata: () => [
        {
          name: "Get-Weather",
          namespace: "",
          helpUri: "",
          commandType: 8,
          resolvedCommandName: null,
          outputTypes: [],
          parameters: [{ name: "City", parameterType: "System.String[]", aliases: [], isDynamic: false, switchParameter: false }],
        },
      ],
    }),
  },
});

const { path } = await server.listenSocket(process.argv[2] ?? "/tmp/tieline/weather", "whoever may open the socket");
console.log(`serving ${path}`);
