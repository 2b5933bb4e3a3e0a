/**
 * What the user of each recorded session saw, one row a recording; read off the recorded scripts and what they say.
 * A row without a check is not played, with the reason.
 */
import assert from "node:assert/strict";
import { isFault } from "@tieline/fault";
import { PsDictionary, PsObject, type PsValue, SecureString, toText } from "@tieline/remoting/objects";
import { decodeCommandCount, decodeCommandMetadata } from "../../packages/remoting/src/psrp/index.ts";
import type { CommandResult, PipelineResult, Result } from "./replay.ts";

export type Expectation = ((result: Result) => void) | { skipped: string };

const plain = (value: PsValue): unknown => {
  if (value instanceof PsObject && value.base !== undefined && value.names().length === 0) return plain(value.base);
  if (value instanceof PsDictionary) return Object.fromEntries([...value].map(([key, each]) => [toText(key), plain(each)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null && Symbol.iterator in value && !(value instanceof Uint8Array))
    return [...(value as Iterable<PsValue>)].map(plain);
  return value;
};

/** Of a string or an object with a text of its own. */
const shown = (value: unknown): string =>
  value instanceof Error ? value.message : value instanceof PsObject ? value.toString() : JSON.stringify(value);
const texts = (values: readonly PsValue[]): string[] => values.map(String);

function only(result: Result): PipelineResult {
  assert.equal(result.pipelines.length, 1);
  return result.pipelines[0] as PipelineResult;
}

/** One pipeline that ran to its end with these outputs and nothing else to complain of. */
function gives(expected: readonly unknown[]): Expectation {
  return (result) => {
    const pipeline = only(result);
    assert.deepEqual(pipeline.output.map(plain), expected);
    assert.equal(pipeline.state, "Completed");
    assert.deepEqual(pipeline.errors, []);
    closed(result);
  };
}

function closed(result: Result): void {
  assert.deepEqual([...new Set([...result.pools.values()].map(({ state }) => state))], ["closed"]);
}

function command(stdout: string | RegExp, exitCode = 0, stderr = ""): Expectation {
  return ({ commands }) => {
    assert.equal(commands.length, 1);
    sees(commands[0] as CommandResult, stdout, exitCode, stderr);
  };
}

function sees(actual: CommandResult, stdout: string | RegExp, exitCode = 0, stderr = ""): void {
  if (typeof stdout === "string") assert.equal(actual.stdout, stdout);
  else assert.match(actual.stdout, stdout);
  assert.equal(actual.stderr, stderr);
  assert.equal(actual.exitCode, exitCode);
}

function version(number: string): Expectation {
  return (result) => {
    const pipeline = only(result);
    const [error, ...rest] = pipeline.output;
    assert.equal(toText(error ?? null), "error");
    assert.deepEqual(rest.map(plain), ["message 1", 2, ["3", 3]]);
    assert.equal(pipeline.state, "Completed");
    assert.deepEqual(pipeline.debug, ["Start Block", "End Block"]);
    assert.deepEqual(
      [...result.pools.values()].map((pool) => pool.version),
      [number],
    );
  };
}

function streams(withInvocation: number): Expectation {
  return (result) => {
    const pipeline = only(result);
    assert.deepEqual(texts(pipeline.output), ["output stream"]);
    assert.deepEqual(pipeline.debug, ["debug stream"]);
    assert.deepEqual(pipeline.verbose, ["verbose stream"]);
    assert.deepEqual(pipeline.warning, ["warning stream"]);
    assert.deepEqual(pipeline.information, ["information stream"]);
    assert.equal(pipeline.progress.length, 1);
    assert.deepEqual(
      pipeline.errors.map(({ text }) => text),
      ["error stream"],
    );
    assert.equal(pipeline.withInvocation, withInvocation);
    assert.equal(pipeline.state, "Completed");
  };
}

/** A copied file's or a fetched file's pipelines: their first outputs, and what cmd showed. */
function copies(path: string, pipelines: number, shown: readonly (string | RegExp)[]): Expectation {
  return (result) => {
    assert.equal(result.pipelines.length, pipelines);
    for (const { state, errors, output } of result.pipelines) {
      assert.equal(state, "Completed");
      assert.deepEqual(errors, []);
      assert.ok(texts(output).includes(path), texts(output).join("; "));
    }
    assert.equal(result.commands.length, shown.length);
    for (const [i, stdout] of shown.entries()) sees(result.commands[i] as CommandResult, stdout);
  };
}

function fails(text: string | RegExp): Expectation {
  return (result) => {
    const pipeline = only(result);
    const said = [...pipeline.errors.map((each) => each.text), pipeline.error?.text ?? ""].join("\n");
    if (typeof text === "string") assert.ok(said.includes(text), said);
    else assert.match(said, text);
  };
}

const history =
  (listed: readonly string[]): Expectation =>
  (result) => {
    const [first, second] = result.pipelines as [PipelineResult, PipelineResult];
    assert.deepEqual(first.output.map(plain), [1, 2]);
    assert.deepEqual(
      second.output.map((each) => (each as PsObject).get("CommandLine")),
      listed,
    );
    assert.deepEqual(
      second.output.map((each) => toText((each as PsObject).get("ExecutionStatus") ?? null)),
      listed.map(() => "Completed"),
    );
  };

const ENVIRONMENT = [
  "string=string value",
  "int=1234",
  "bool=True",
  'double_quote=double " quote',
  "single_quote=single ' quote",
  "hyphen - var=abc @ 123",
];
const holds = (lines: readonly string[], wanted: readonly string[]): void => {
  for (const each of wanted) assert.ok(lines.includes(each), `no ${each}`);
};
const secretText = (value: PsValue): unknown => (value instanceof SecureString ? value.reveal() : plain(value));

const TEMP = "C:\\Users\\vagrant\\AppData\\Local\\Temp\\test_file";
const DOMAIN = "C:\\Users\\vagrant-domain\\Documents\\test_file";
const DOCUMENTS = "C:\\Users\\vagrant\\Documents\\test_file";

export const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  client_copy_expand_vars: copies(TEMP, 2, [/^abcdefghijklmnopqrstuvwxyz\r\n$/, ""]),
  client_copy_file: copies(DOMAIN, 2, [/^abcdefghijklmnopqrstuvwxyz\r\n$/, ""]),
  client_copy_file_empty: copies(DOMAIN, 1, ["", ""]),
  client_copy_file_failure: fails("hash mismatch"),
  client_copy_file_really_large: copies(DOCUMENTS, 1, []),
  // The warning was put into the recording by hand, for a pipeline that is not there; PowerShell drops such a record, and so do we.
  client_copy_file_warning: copies(DOCUMENTS, 1, [""]),
  client_execute_cmd: ({ commands }) => {
    sees(commands[0] as CommandResult, /Volume in drive C/);
    sees(commands[1] as CommandResult, "abc\r\n");
  },
  client_execute_cmd_environment: ({ commands }) => holds((commands[0] as CommandResult).stdout.split("\r\n"), ENVIRONMENT),
  client_execute_ps: (result) => {
    const pipeline = only(result);
    assert.deepEqual(texts(pipeline.output).join("\n").trim().split("\n").slice(0, 2), ["winrm", "Running"]);
    assert.equal(pipeline.state, "Completed");
  },
  client_execute_ps_environment: (result) => holds(texts(only(result).output).join("\n").split(/\r?\n/), ENVIRONMENT),
  client_execute_ps_failure: fails("The term 'Get-ServiceTypo' is not recognized as the name of a cmdlet"),
  client_fetch_file: (result) => {
    const pipeline = only(result);
    assert.equal(pipeline.state, "Completed");
    // The file in pieces of base64, and its digest.
    const pieces = texts(pipeline.output);
    const file = Buffer.concat(pieces.slice(0, -1).map((piece) => Buffer.from(piece, "base64")));
    assert.equal(file.toString("latin1"), `${"abc\r\n".repeat(50_000)}\r\n`);
    assert.equal(pieces.at(-1), "70e3bea8cdb0d0c883bccff5228933d933b88a80");
  },
  client_fetch_file_expand_vars: (result) =>
    assert.equal(Buffer.from(texts(only(result).output)[0] as string, "base64").toString("latin1"), "abc\r\n\r\n"),
  client_fetch_file_fail_dir: fails("The path at 'C:\\Windows' is a directory, src must be a file"),
  client_fetch_file_fail_missing: fails("The path at 'C:\\fakefile.txt' does not exist"),
  client_fetch_file_hash_mismatch: (result) => assert.equal(texts(only(result).output).at(-1), "eec729d9a0fa275513bc44a4cb8d4ee973b81e1a"),
  psrp_application_args: (result) =>
    assert.equal((plain(only(result).output[0] as PsValue) as Record<string, unknown>)["test_var"], "abcdef12345"),
  psrp_clear_commands: gives(["new"]),
  psrp_disconnect_runspaces: (result) => {
    assert.equal(result.lists.length, 3);
    assert.deepEqual(
      result.lists[0]?.shells?.map(({ state }) => state),
      ["Disconnected", "Disconnected"],
    );
    assert.deepEqual(
      result.lists.slice(1).map(({ commands }) => commands?.length ?? 0),
      [0, 0],
    );
    assert.equal(result.pools.size, 2);
    closed(result);
  },
  psrp_disconnected_commands: (result) => {
    const [first, second, ...connected] = result.pipelines;
    assert.deepEqual([first?.output, second?.output], [[], []]);
    assert.deepEqual(
      connected.map(({ output, state }) => [texts(output), state]),
      [
        [["a", "b"], "Completed"],
        [["a", "b"], "Completed"],
      ],
    );
    assert.deepEqual(
      result.lists.slice(1).map(({ commands }) => commands?.map(({ state }) => state)),
      [["Running"], ["Running"]],
    );
  },
  psrp_error_failed: (result) => {
    const pipeline = only(result);
    assert.equal(pipeline.state, "Failed");
    assert.deepEqual(texts(pipeline.output), ["before"]);
    assert.equal(pipeline.error?.text, "error");
  },
  psrp_get_command_metadata: (result) => {
    const names = result.pipelines.map(({ output }) => {
      const [count, ...commands] = output as [PsValue, ...PsValue[]];
      const read = commands.map(decodeCommandMetadata);
      assert.equal(decodeCommandCount(count), read.length);
      for (const { parameters } of read) assert.ok(parameters !== null && parameters.length > 0);
      return read.map(({ name }) => name);
    });
    assert.deepEqual(names, [
      ["New-PSSession", "New-PSSessionConfigurationFile", "New-PSSessionOption"],
      ["New-Guid", "New-TemporaryFile"],
      ["Get-WSManCredSSP", "Get-WSManInstance"],
    ]);
  },
  psrp_is_alive_http_error: ({ gets }) => {
    assert.equal(gets.length, 2);
    assert.ok(isFault(gets[1]));
  },
  psrp_is_alive_invalid_selectors: ({ gets }) => {
    assert.equal((gets[0] as { shell?: { state?: string } }).shell?.state, "Connected");
    const fault = gets[1];
    assert.ok(isFault(fault) && fault.is("wsman-selectors-unexpected"), shown(fault));
  },
  psrp_is_alive_other_wsman_error: ({ gets }) => {
    const [fault] = gets;
    assert.ok(isFault(fault), shown(fault));
    assert.ok(fault.is("wsman-header-invalid"));
    assert.match(fault.said ?? "", /invalid timeout field in the SOAP header: PT-1S/);
  },
  psrp_is_alive_state_disconnected: ({ gets }) =>
    assert.deepEqual(
      gets.map((each) => (each as { shell?: { state?: string } }).shell?.state),
      ["Connected", "Disconnected"],
    ),
  // No key comes, so what needs one waits, and ends with the pool.
  psrp_key_exchange_timeout: (result) => {
    assert.deepEqual(
      result.sent.slice(-1).map(({ name }) => name),
      ["PUBLIC_KEY"],
    );
    assert.equal(only(result).state, "Stopped");
    closed(result);
  },
  psrp_long_running_cmdlet: gives(["hi"]),
  psrp_merge_commands: (result) => {
    const pipeline = only(result);
    assert.deepEqual(texts(pipeline.output), [
      "debug stream",
      "verbose stream",
      "error stream",
      "output stream",
      "warning stream",
      "information stream",
      "output stream",
    ]);
    const { debug, verbose, warning, information } = pipeline;
    assert.deepEqual(
      [debug, verbose, warning, information],
      [["debug stream"], ["verbose stream"], ["warning stream"], ["information stream"]],
    );
  },
  psrp_multiple_commands: (result) => {
    const output = only(result).output;
    assert.equal(output.length, 7);
    assert.deepEqual(
      [output[0], toText(output[3] as PsValue), output[4], output[5]],
      ["Hello World", 'hi"', "win-nnmu24vvkj0\\vagrant", 123],
    );
    assert.equal(secretText(output[1] as PsValue), "abc");
    assert.equal(output[2], "\u3053\u3093\u306b\u3061\u306f - actual_x000A_string\nnewline: \u{10437}");
    const service = output[6] as PsObject;
    assert.deepEqual(
      [String(service), service.get("DisplayName"), service.get("ServiceName"), service.get("Name")],
      ["winrm", "Windows Remote Management (WS-Management)", "winrm", "winrm"],
    );
  },
  psrp_multiple_invocations: (result) =>
    assert.deepEqual(
      result.pipelines.map(({ output, state }) => [output, state]),
      [
        [[2], "Completed"],
        [[2], "Completed"],
      ],
    ),
  psrp_nested_command: (result) => {
    const [outer, inner] = result.pipelines as [PipelineResult, PipelineResult];
    assert.ok(Number((inner.output[0] as PsObject).get("Value")) > 0);
    assert.equal(inner.state, "Completed");
    assert.equal(outer.state, "Stopped");
  },
  psrp_no_profile: gives(["C:\\WINDOWS\\SYSTEM32\\CONFIG\\SYSTEMPROFILE"]),
  psrp_open_runspace: (result) => {
    const [pool] = [...result.pools.values()];
    assert.ok(pool?.privateData?.has("PSVersionTable"));
    closed(result);
  },
  psrp_pshost_methods: (result) => {
    assert.deepEqual(texts(only(result).output), ["en-US"]);
    assert.deepEqual(
      result.hostCalls.map(({ method, arguments: args }) => [method, [...args]]),
      [["SetShouldExit", [1]]],
    );
  },
  psrp_pshost_raw_ui_mocked_methods: (result) => {
    assert.ok(result.hostCalls.length >= 10, `${result.hostCalls.length} host calls`);
    assert.ok(result.hostCalls.some(({ method }) => method === "ReadKey"));
    assert.ok(result.hostCalls.some(({ method }) => method === "SetBufferContents1"));
    assert.ok(result.hostCalls.some(({ method }) => method === "ScrollBufferContents"));
    assert.equal(only(result).state, "Completed");
  },
  psrp_pshost_ui_mocked_methods: (result) => {
    assert.deepEqual(
      // Windows reports progress of its own beside what the script reports.
      [...new Set(result.hostCalls.map(({ method }) => method))],
      [
        "ReadLine",
        "ReadLineAsSecureString",
        "Write1",
        "Write2",
        "WriteLine1",
        "WriteLine2",
        "WriteLine3",
        "WriteErrorLine",
        "WriteDebugLine",
        "WriteProgress",
        "WriteVerboseLine",
        "WriteWarningLine",
        "Prompt",
        "PromptForCredential2",
        "PromptForChoice",
      ],
    );
    const output = only(result).output;
    assert.equal(output.length, 5);
    assert.equal(output[0], "ReadLine response");
    assert.equal(secretText(output[1] as PsValue), "ReadLineAsSecureString response");
    assert.equal(plain(output[4] as PsValue), 1);
  },
  psrp_receive_failure: { skipped: "its client asks for the data of a command that it never started; ours has no such request" },
  psrp_reset_runspace_state: (result) => {
    assert.deepEqual(
      result.pipelines.map(({ output }) => texts(output)),
      [["hi"], []],
    );
    assert.deepEqual(result.availability, [true]);
  },
  psrp_reset_runspace_state_fail: (result) => assert.deepEqual(result.availability, [false]),
  "psrp_run_protocol_version_2.1": version("2.1"),
  "psrp_run_protocol_version_2.2": version("2.2"),
  "psrp_run_protocol_version_2.3": version("2.3"),
  psrp_set_runspaces: (result) => assert.deepEqual(result.availability, [1, true, 5, true, false, false]),
  psrp_small_msg_size: (result) => assert.deepEqual(texts(only(result).output), ["input", "a".repeat(20_000), "a".repeat(10_000)]),
  psrp_stream_no_output_invocation: streams(0),
  psrp_stream_output_invocation: streams(3),
  psrp_with_history: history(["Write-Output 1; Write-Output 2"]),
  psrp_with_input: (result) => {
    const pipeline = only(result);
    assert.deepEqual(pipeline.output.map(plain), ["1", 2, { a: "b" }, ["a", "b"]]);
    assert.deepEqual(pipeline.debug, ["Start Block", "End Block"]);
  },
  psrp_with_jea_configuration: (result) => {
    const [good, bad] = result.pipelines as [PipelineResult, PipelineResult];
    assert.deepEqual(texts(good.output), ["Microsoft.WSMan.Management.WSManConfigLeafElement"]);
    assert.equal((good.output[0] as PsObject).get("Value"), "true");
    assert.deepEqual(bad.output, []);
    assert.deepEqual(
      [...bad.errors, ...(bad.error === undefined ? [] : [bad.error])].map(({ text }) => text),
      [
        "Cannot find a provider with the name 'FileSystem'.",
        "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
      ],
    );
  },
  psrp_with_no_history: history([]),
  winrs_bad_cmd_id: ({ commands }) => assert.ok(commands[0]?.fault?.is("wsman-command-not-found"), shown(commands[0]?.fault)),
  winrs_environment: ({ commands }) => holds((commands[0] as CommandResult).stdout.split("\r\n"), ["env1=var1", "1234=5678"]),
  winrs_extra_opts: command("C:\\Windows\r\n"),
  winrs_fail_poll_process: { skipped: "its client asks for the data of a shell without a command; ours has no such request" },
  winrs_no_cmd_shell: ({ commands }) => {
    assert.match(String(commands[0]?.fault?.message), /The system cannot find the file specified/);
    sees(commands[1] as CommandResult, "hi\n");
  },
  winrs_noprofile: command(/USERPROFILE=C:\\Users\\Default\r\n/),
  winrs_open_already_opened: ({ commands }) => assert.deepEqual(commands, []),
  winrs_operation_timeout: command("hi\nhi again\n"),
  winrs_send: command("output 1\noutput 2\n"),
  winrs_standard: command("hi\r\n"),
  winrs_stderr_rc: command("out \r\n", 1, "err \r\n"),
  winrs_unicode: command("\u3053\u3093\u306b\u3061\u306f\n"),
  wsman_update_envelope_size_150: size(150),
  wsman_update_envelope_size_4096: size(4096),
  wsman_update_envelope_size_500: size(500),
};

function size(kilobytes: number): Expectation {
  return ({ gets }) => {
    const [get] = gets;
    assert.ok(get !== undefined && !isFault(get), shown(get));
    assert.equal(get.config?.maxEnvelopeSizeKb, kilobytes);
  };
}
