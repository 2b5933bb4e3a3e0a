/** The client's screen as cmdlets may use it; undefined where the client has none. */
import { CmdletError, ErrorRecord, type Host as LanguageHost, type PromptField } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import type { HostInfo } from "@tieline/remoting/psrp";
import { PowerShellError, type PipelineOutput } from "@tieline/remoting";

export function clientHost(info: HostInfo, output: PipelineOutput): LanguageHost | undefined {
  if (info.isHostNull || info.isHostUINull) return undefined;
  const say = async (text: string): Promise<void> => void (await output.callHost("WriteLine2", [text]));
  return refusalsExplained({
    writeLine: say,
    writeErrorLine: async (text) => void (await output.callHost("WriteErrorLine", [text])),
    popRunspace: async () => void (await output.callHost("PopRunspace", [])),
    clear: async () => {
      if (info.isHostRawUINull) return;
      await output.callHost("SetCursorPosition", [{ x: 0, y: 0 }]);
    },
    promptForChoice: async (caption, message, choices, defaultChoice) =>
      (await output.callHost("PromptForChoice", [
        caption,
        message,
        choices.map((c) => ({ label: c.label, helpMessage: c.help })),
        defaultChoice,
      ])) ?? defaultChoice,
    prompt: (caption, message, fields) => ask(output, caption, message, fields),
  });
}

/** A host that refuses (a cancelled question, no terminal) ends the cmdlet with the host's own error. */
function refusalsExplained(host: LanguageHost): LanguageHost {
  return Object.fromEntries(
    Object.entries(host).map(([name, method]: [string, (...args: unknown[]) => unknown]) => [
      name,
      async (...args: unknown[]): Promise<unknown> => {
        try {
          return await method(...args);
        } catch (error) {
          if (!(error instanceof PowerShellError)) throw error;
          throw new CmdletError(
            new ErrorRecord({ message: error.message, id: "HostCallRefused", category: "OperationStopped", type: "HostException" }),
          );
        }
      },
    ]),
  ) as unknown as LanguageHost;
}

async function ask(
  output: PipelineOutput,
  caption: string,
  message: string,
  fields: readonly PromptField[],
): Promise<ReadonlyMap<string, PsValue> | undefined> {
  const answers = await output.callHost("Prompt", [
    caption,
    message,
    fields.map((field) => ({
      name: field.name,
      label: "",
      helpMessage: field.help,
      isMandatory: true,
      parameterTypeName: field.typeName.replace(/^.*\./, ""),
      parameterTypeFullName: field.typeName,
      parameterAssemblyFullName: "",
      modifiedByRemotingProtocol: false,
      isFromRemoteHost: false,
    })),
  ]);
  return answers === null ? undefined : new Map(answers.entries.map(([name, value]: readonly [PsValue, PsValue]) => [String(name), value]));
}
