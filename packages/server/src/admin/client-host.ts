/** The client's screen as cmdlets may use it; undefined where the client has none. */
import type { Host as LanguageHost, PromptField } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import type { HostInfo } from "@tieline/remoting/psrp";
import type { PipelineOutput } from "@tieline/remoting";

export function clientHost(info: HostInfo, output: PipelineOutput): LanguageHost | undefined {
  if (info.isHostNull || info.isHostUINull) return undefined;
  const say = async (text: string): Promise<void> => void (await output.callHost("WriteLine2", [text]));
  return {
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
  };
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
