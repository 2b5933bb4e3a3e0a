"""pypsrp as client of a server whose runspaces know the commands of interop/test-runspace.ts.

Argument: one JSON object {host, port, ssl, auth, user, password, ca, path, encryption, configuration, cases, quota}.
Prints a line of JSON for each case: {"case", "ok"} or {"case", "ok": false, "error"}.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import traceback
import warnings

from pypsrp.complex_objects import (
    CommandType,
    ObjectMeta,
    PSCredential,
    PSInvocationState,
    RunspacePoolState,
)
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

CONFIG = json.loads(sys.argv[1])
CASES = {}


def case(body):
    CASES[body.__name__] = body
    return body


def connection(**other):
    options = dict(
        port=CONFIG["port"],
        ssl=CONFIG["ssl"],
        auth=CONFIG["auth"],
        username=CONFIG["user"],
        password=CONFIG["password"],
        path=CONFIG.get("path", "wsman"),
        cert_validation=CONFIG.get("ca", True),
        encryption=CONFIG.get("encryption", "auto"),
        read_timeout=40,
        negotiate_service=CONFIG.get("service", "HTTP"),
    )
    options.update(CONFIG.get("options", {}))
    options.update(other)
    return WSMan(CONFIG["host"], **options)


def runspaces(wsman, **options):
    return RunspacePool(wsman, configuration_name=CONFIG.get("configuration", "Microsoft.PowerShell"), **options)


def same(actual, expected, what=""):
    if actual != expected:
        raise AssertionError("%s: %r instead of %r" % (what or "value", actual, expected))


def run(pool, name, arguments=None, input=None, **options):
    shell = PowerShell(pool)
    shell.add_cmdlet(name)
    for key, value in (arguments or {}).items():
        shell.add_parameter(key, value)
    return shell, shell.invoke(input, **options)


@case
def open_and_close():
    with connection() as wsman:
        pool = runspaces(wsman)
        pool.open()
        same(pool.state, RunspacePoolState.OPENED, "state")
        same(pool.protocol_version, "2.3", "protocol")
        table = pool.application_private_data.data["PSVersionTable"]
        assert table["PSVersion"], "no PSVersion"
        same(pool.shell.resource_uri, "http://schemas.microsoft.com/powershell/" + CONFIG.get("configuration", "Microsoft.PowerShell"))
        pool.close()
        same(pool.state, RunspacePoolState.CLOSED, "state after closing")


@case
def streams():
    with connection() as wsman, runspaces(wsman) as pool:
        shell, output = run(pool, "Write-Streams")
        same(shell.state, PSInvocationState.COMPLETED, "state")
        same(output, ["an output"], "output")
        same([str(each) for each in shell.streams.error], ["an error"], "errors")
        same(shell.streams.error[0].fq_error, "TestError,Write-Streams", "error id")
        same([str(each) for each in shell.streams.warning], ["a warning"], "warnings")
        same([str(each) for each in shell.streams.verbose], ["a verbose"], "verbose")
        same([str(each) for each in shell.streams.debug], ["a debug"], "debug")
        same([str(each.message_data) for each in shell.streams.information], ["an information"], "information")
        progress = shell.streams.progress
        same([(each.activity, each.percent_complete) for each in progress], [("working", 10), ("working", 100)], "progress")
        same(shell.had_errors, False, "had errors")


@case
def values():
    """Every kind of value that Python makes something of, out and back in."""
    with connection() as wsman, runspaces(wsman) as pool:
        given = ["text", "", "\u3053\u3093 \U00010437 _x000A_ \r\n\t", 7, -1, True, False, None, 2**31 - 1, 1.5, b"\x00\xff"]
        # None ends what pypsrp takes as input, and a list is taken apart: both go inside another value.
        wrapped = [[each] for each in given]
        shell, output = run(pool, "Read-Input", input=iter_of([wrapped]))
        same(len(output), len(given), "count")
        for each, back in zip(given, output):
            back = back[0]
            if isinstance(each, bytes) and not isinstance(back, bytes):
                back = base64.b64decode(back)
            same(back, each, "echo of %r" % (each,))


def iter_of(chunks):
    for chunk in chunks:
        yield chunk


@case
def input():
    with connection() as wsman, runspaces(wsman) as pool:
        _, output = run(pool, "Read-Input", input=["1", 2, {"a": "b"}, ["a", "b"]])
        same(output, ["1", 2, {"a": "b"}, ["a", "b"]], "output")
        # in several sends, as a generator gives them
        _, output = run(pool, "Read-Input", input=iter_of([["a"], [1, 2], ["z"]]))
        same(output, ["a", 1, 2, "z"], "output of parts")
        _, output = run(pool, "Read-Input")
        same(output, [], "output without input")


@case
def large_input():
    with connection() as wsman, runspaces(wsman) as pool:
        text = "0123456789abcdef" * 150_000
        _, output = run(pool, "Measure-Text", input=[text, text])
        digest = hashlib.sha256(text.encode()).hexdigest()
        same(output, ["%d %s" % (len(text), digest)] * 2, "output")


@case
def large_argument():
    with connection() as wsman, runspaces(wsman) as pool:
        text = "<&\u00e9>" * 200_000
        shell, output = run(pool, "Get-Echo", {"Value": text})
        same(len(output), 1)
        same(output[0] == text, True, "the same text")


@case
def large_output():
    with connection() as wsman, runspaces(wsman) as pool:
        _, output = run(pool, "Get-Block", {"Count": 20, "Length": 300_000})
        same(len(output), 20, "count")
        for index, each in enumerate(output):
            same(each == ("%05d" % index) * 60_000, True, "block %d is right" % index)


@case
def many_objects():
    with connection() as wsman, runspaces(wsman) as pool:
        _, output = run(pool, "Get-Number", {"Count": 5000})
        same(output == list(range(5000)), True, "all numbers in order")
        _, output = run(pool, "Get-Person", {"Count": 300})
        same(len(output), 300, "count")
        person = output[299]
        same(person.extended_properties["Name"], "person299")
        same(person.extended_properties["Number"], 299)
        same(person.extended_properties["Enabled"], False)
        same(person.types[0], "Tieline.Test.Person", "type")


@case
def arguments():
    with connection() as wsman, runspaces(wsman) as pool:
        _, output = run(pool, "Get-Echo", {"Value": ["a", 1, {"k": "v"}]})
        flat = output if len(output) == 3 else output[0]
        same(flat, ["a", 1, {"k": "v"}], "named")
        shell = PowerShell(pool)
        shell.add_cmdlet("Get-Echo").add_argument("by place")
        same(shell.invoke(), ["by place"], "positional")
        shell = PowerShell(pool)
        shell.add_cmdlet("Get-Number").add_parameter("Count", 4).add_cmdlet("Measure-Count")
        same(shell.invoke(), [4], "two commands")
        shell = PowerShell(pool)
        shell.add_cmdlet("Get-Echo").add_argument("one").add_statement()
        shell.add_cmdlet("Get-Echo").add_argument("two")
        same(shell.invoke(), ["one", "two"], "two statements")


@case
def merge():
    with connection() as wsman, runspaces(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Write-Streams")
        shell.merge_error("output")
        output = shell.invoke()
        same(sorted(str(each) for each in output), ["an error", "an output"], "output")
        same(shell.streams.error, [], "errors")


@case
def terminating_error():
    with connection() as wsman, runspaces(wsman) as pool:
        shell, output = run(pool, "Stop-Hard")
        same(shell.state, PSInvocationState.FAILED, "state")
        same(output, ["before"], "output")
        same([str(each) for each in shell.streams.error], ["it cannot go on"], "errors")
        same(shell.streams.error[0].fq_error, "CannotGoOn,Stop-Hard", "error id")
        same(shell.had_errors, True, "had errors")
        _, output = run(pool, "Get-Echo", {"Value": "afterwards"})
        same(output, ["afterwards"], "the pool goes on")


@case
def unknown_command():
    with connection() as wsman, runspaces(wsman) as pool:
        shell, output = run(pool, "Get-Nothing")
        same(output, [])
        same(len(shell.streams.error), 1, "errors")
        assert "Get-Nothing" in str(shell.streams.error[0]), str(shell.streams.error[0])
        same(shell.streams.error[0].fq_error, "CommandNotFoundException", "error id")


@case
def stop():
    with connection() as wsman, runspaces(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Wait-Stop")
        shell.begin_invoke()
        shell.poll_invoke()
        same(shell.output, ["waiting"], "output")
        before = time.monotonic()
        shell.stop()
        same(shell.state, PSInvocationState.STOPPED, "state")
        assert time.monotonic() - before < 5, "the stop took %.1f s" % (time.monotonic() - before)
        _, output = run(pool, "Get-Echo", {"Value": "afterwards"})
        same(output, ["afterwards"], "the pool goes on")
        _, output = run(pool, "Get-Stopped")
        same(output, [1], "the command saw its stop")


@case
def one_object_after_another():
    """A Receive waits and is answered at once when there is something."""
    with connection() as wsman, runspaces(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Get-Slowly").add_parameter("Count", 3).add_parameter("Milliseconds", 400)
        shell.begin_invoke()
        seen = []
        begin = time.monotonic()
        while shell.state == PSInvocationState.RUNNING:
            shell.poll_invoke()
            seen.append((len(shell.output), time.monotonic() - begin))
        same(shell.output, [0, 1, 2])
        assert len(seen) >= 3, "only %d answers" % len(seen)
        assert seen[0][1] < 1.2, "the first object took %.1f s" % seen[0][1]


@case
def operation_timeout():
    with connection(operation_timeout=1) as wsman, runspaces(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Get-Slowly").add_parameter("Count", 1).add_parameter("Milliseconds", 2500)
        shell.begin_invoke()
        try:
            pool._receive(shell.id)
            raise AssertionError("no fault")
        except WSManFaultError as fault:
            same(fault.code, 2150858793, "code")
            assert "OperationTimeout" in fault.reason, fault.reason
        same(shell.end_invoke(), [0], "output")


class Ui(PSHostUserInterface):
    def __init__(self, pool_of):
        super().__init__()
        self.pool_of = pool_of
        self.written = []

    def ReadLine(self, runspace, pipeline):
        return "a line"

    def ReadLineAsSecureString(self, runspace, pipeline):
        return runspace.serialize("a secret line", ObjectMeta("SS"))

    def Write1(self, runspace, pipeline, value):
        self.written.append(value)

    def WriteLine2(self, runspace, pipeline, value):
        self.written.append(value + "\n")

    def WriteWarningLine(self, runspace, pipeline, warning):
        self.written.append("warning " + warning)

    def Prompt(self, runspace, pipeline, caption, message, description):
        self.fields = [each.extended_properties["name"] for each in description]
        return {name: "answer to " + name for name in self.fields}

    def PromptForChoice(self, runspace, pipeline, caption, message, choices, default_choice):
        self.choices = [each.extended_properties["label"] for each in choices]
        return 1

    def PromptForCredential1(self, runspace, pipeline, caption, message, user_name, target_name):
        return PSCredential(username="someone", password="their secret")

    def PromptForCredential2(self, runspace, pipeline, caption, message, user_name, target_name, allowed, options):
        return PSCredential(username="someone", password="their secret")


@case
def host_calls():
    ui = Ui(None)
    host = PSHost(None, None, False, "the host", None, ui, "1.2.3")
    with connection() as wsman, runspaces(wsman, host=host) as pool:
        _, output = run(pool, "Read-Host")
        same([str(each) for each in output], ["a line", "answer to First", "answer to Second", "1"], "output")
        same(ui.fields, ["First", "Second"], "fields")
        same(ui.choices, ["&Yes", "&No"], "choices")
        same(ui.written, ["written", "a line of its own\n", "warning beware"], "written")
        _, output = run(pool, "Exit-Host", {"Code": 3})
        same(host.rc, 3, "exit code")


@case
def host_secrets():
    ui = Ui(None)
    host = PSHost(None, None, False, "the host", None, ui, "1.2.3")
    with connection() as wsman, runspaces(wsman, host=host) as pool:
        pool.exchange_keys()
        _, output = run(pool, "Read-Secret")
        same([str(each) for each in output], ["a secret line", "someone", "their secret"], "output")


@case
def key_exchange():
    with connection() as wsman, runspaces(wsman) as pool:
        pool.exchange_keys()
        secret = pool.serialize("p\u00e4ss \U00010437", ObjectMeta("SS"))
        _, output = run(pool, "Show-Secret", {"Secret": secret})
        same(output, ["p\u00e4ss \U00010437"], "what the server read")
        _, output = run(pool, "New-Secret", {"Text": "from the server \u3053"})
        same(output, ["from the server \u3053"], "what the server sent")
        _, output = run(pool, "New-Secret", {"Text": ""})
        same(output, [""], "an empty secret")
        pool.exchange_keys()


@case
def metadata():
    with connection() as wsman, runspaces(wsman) as pool:
        commands = pool.get_command_metadata("Get-E*")
        same([each.name for each in commands], ["Get-Echo"], "names")
        assert "Value" in commands[0].parameters, "parameters: %s" % list(commands[0].parameters)
        everything = pool.get_command_metadata("*")
        assert len(everything) >= 10, "only %d commands" % len(everything)
        same(pool.get_command_metadata("No-Such*"), [], "none")
        same(pool.get_command_metadata("Get-*", command_types=CommandType.ALIAS), [], "no aliases")


@case
def pool_size():
    with connection() as wsman, runspaces(wsman, min_runspaces=1, max_runspaces=2) as pool:
        same(pool.get_available_runspaces(), 2, "available")
        pool.max_runspaces = 4
        same(pool.get_available_runspaces(), 4, "available after raising")
        pool.min_runspaces = 2
        same(pool.min_runspaces, 2)
        shells = []
        for _ in range(3):
            shell = PowerShell(pool)
            shell.add_cmdlet("Wait-Stop")
            shell.begin_invoke()
            shell.poll_invoke()
            shells.append(shell)
        same([shell.output for shell in shells], [["waiting"]] * 3, "three at once")
        same(pool.get_available_runspaces(), 1, "available beside three")
        for shell in shells:
            shell.stop()


@case
def reset():
    with connection() as wsman, runspaces(wsman) as pool:
        run(pool, "Set-Memory", {"Value": "remembered"})
        same(run(pool, "Get-Memory")[1], ["remembered"], "kept between pipelines")
        pool.reset_runspace_state()
        same(run(pool, "Get-Memory")[1], [], "forgotten")


@case
def application_arguments():
    with connection() as wsman:
        pool = runspaces(wsman)
        pool.open({"test_var": "abcdef12345"})
        try:
            _, output = run(pool, "Get-ApplicationArgument", {"Name": "test_var"})
            same(output, ["abcdef12345"])
        finally:
            pool.close()


@case
def several_invocations():
    with connection() as wsman, runspaces(wsman) as pool, PowerShell(pool) as shell:
        shell.add_cmdlet("Get-Echo").add_argument("again")
        for _ in range(3):
            same(shell.invoke(), ["again"])
            shell.close()
            shell.clear_streams()
        shell.invoke()


@case
def is_alive():
    with connection() as wsman:
        pool = runspaces(wsman)
        pool.open()
        same(pool.is_alive(), True, "alive")
        with connection() as other:
            second = RunspacePool(other)
            second.id = pool.id
            second.shell.id = pool.id
            second.shell._selector_set = pool.shell._selector_set
            other.delete(pool.shell.resource_uri, selector_set=pool.shell._selector_set)
        same(pool.is_alive(), False, "alive after another deleted it")


@case
def disconnect_and_reconnect():
    with connection() as wsman, runspaces(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Get-Slowly").add_parameter("Count", 3).add_parameter("Milliseconds", 300)
        shell.begin_invoke()
        pool.disconnect()
        same(pool.state, RunspacePoolState.DISCONNECTED, "state")
        time.sleep(0.5)
        pool.connect()
        same(pool.state, RunspacePoolState.OPENED, "state")
        shell.state = PSInvocationState.RUNNING
        same(shell.end_invoke(), [0, 1, 2], "nothing lost")
        _, output = run(pool, "Get-Echo", {"Value": "afterwards"})
        same(output, ["afterwards"])


@case
def connect_from_another_process():
    config = dict(CONFIG, cases=["leave_behind"])
    left = subprocess.run([sys.executable, os.path.abspath(__file__), json.dumps(config)], capture_output=True, text=True, timeout=40)
    lines = [json.loads(line) for line in left.stdout.splitlines()]
    identity = next((line["id"] for line in lines if "id" in line), None)
    assert identity, left.stdout + left.stderr
    with connection() as wsman:
        pools = RunspacePool.get_runspace_pools(wsman)
        pool = next((each for each in pools if each.id.upper() == identity.upper()), None)
        assert pool, "the shell is not listed: %s" % [each.id for each in pools]
        try:
            # its own idea of the pool's state stays at "disconnected", also after connecting to a Windows server
            pool.connect()
            waiting = pool.create_disconnected_power_shells()
            same(len(waiting), 1, "commands")
            same(waiting[0].connect(), ["kept", 0, 1, 2], "output")
            _, output = run(pool, "Get-Echo", {"Value": "afterwards"})
            same(output, ["afterwards"], "a new pipeline")
            same(run(pool, "Get-Memory")[1], ["from the first process"], "state of the runspace")
        finally:
            pool.close()


def leave_behind():
    """First half of the case before: run in a process of its own."""
    wsman = connection()
    pool = runspaces(wsman)
    pool.open()
    first, _ = run(pool, "Set-Memory", {"Value": "from the first process"})
    first.close()
    shell = PowerShell(pool)
    shell.add_cmdlet("Get-Echo").add_argument("kept").add_statement()
    shell.add_cmdlet("Get-Slowly").add_parameter("Count", 3).add_parameter("Milliseconds", 200)
    shell.begin_invoke()
    pool.disconnect()
    print(json.dumps({"id": pool.id}), flush=True)


@case
def two_clients_on_one_shell():
    """A shell whose client waits for data is not taken over by another client."""
    with connection() as wsman, runspaces(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_cmdlet("Get-Slowly").add_parameter("Count", 1).add_parameter("Milliseconds", 1500)
        shell.begin_invoke()
        waiting = threading.Thread(target=shell.end_invoke)
        waiting.start()
        time.sleep(0.4)
        with connection() as other:
            found = [each for each in RunspacePool.get_runspace_pools(other) if each.id.upper() == pool.id.upper()]
            same(len(found), 1, "listed")
            try:
                found[0].connect()
                raise AssertionError("the second client was let in")
            except WSManFaultError as fault:
                assert fault.reason, "no reason"
        waiting.join(20)
        same(shell.output, [0], "the first client goes on")
        _, output = run(pool, "Get-Echo", {"Value": "still here"})
        same(output, ["still here"])


@case
def quota():
    quota_of_user = CONFIG["quota"]
    pools = []
    with connection() as wsman:
        try:
            for _ in range(quota_of_user):
                pool = runspaces(wsman)
                pool.open()
                pools.append(pool)
            try:
                pool = runspaces(wsman)
                pool.open()
                pools.append(pool)
                raise AssertionError("one more than %d" % quota_of_user)
            except WSManFaultError as fault:
                assert fault.code in (2150859173, 2150859236), "code %s" % fault.code
                assert "maximum number of concurrent shells" in fault.reason, fault.reason
        finally:
            for pool in pools:
                pool.close()
        with runspaces(wsman) as pool:
            same(run(pool, "Get-Echo", {"Value": "room again"})[1], ["room again"])


@case
def shell_is_gone():
    with connection() as wsman:
        pool = runspaces(wsman)
        pool.open()
        wsman.delete(pool.shell.resource_uri, selector_set=pool.shell._selector_set)
        try:
            run(pool, "Get-Echo", {"Value": 1})
            raise AssertionError("no fault")
        except WSManFaultError as fault:
            same(fault.code, 2150858843, "code")


@case
def command_is_unknown():
    with connection() as wsman, runspaces(wsman) as pool:
        try:
            pool.shell.receive("stdout", command_id="A0D2AD0C-AE9A-4B2B-9BE4-1C1D34F01D11")
            raise AssertionError("no fault")
        except WSManFaultError as fault:
            same(fault.code, 2150858843, "code")
            assert "command identifier that does not exist" in fault.reason, fault.reason


@case
def wrong_resource():
    with connection() as wsman:
        pool = RunspacePool(wsman, configuration_name="No.Such.Configuration")
        try:
            pool.open()
            raise AssertionError("it opened")
        except WSManFaultError as fault:
            assert fault.reason, "no reason"


@case
def envelope_size():
    with connection() as wsman:
        wsman.update_max_payload_size()
        assert wsman.max_payload_size > 100_000, wsman.max_payload_size
        with runspaces(wsman) as pool:
            text = "x" * 1_000_000
            same(run(pool, "Get-Echo", {"Value": text})[1] == [text], True, "echo")


@case
def nested():
    with connection() as wsman, runspaces(wsman) as pool:
        outer = PowerShell(pool)
        outer.add_cmdlet("Wait-Stop")
        outer.begin_invoke()
        outer.poll_invoke()
        inner = outer.create_nested_power_shell()
        inner.add_cmdlet("Get-Echo").add_argument("inside")
        same(inner.invoke(), ["inside"])
        outer.stop()


@case
def at_the_same_time():
    failures = []

    def one(number):
        try:
            with connection() as wsman, runspaces(wsman) as pool:
                for turn in range(3):
                    text = "%d/%d" % (number, turn)
                    same(run(pool, "Get-Echo", {"Value": text})[1], [text])
        except Exception:
            failures.append(traceback.format_exc())

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise AssertionError(failures[0])


@case
def wrong_password():
    with connection(password="not the password") as wsman:
        try:
            runspaces(wsman).open()
            raise AssertionError("it opened")
        except (AuthenticationError, WinRMTransportError) as error:
            assert "401" in str(error) or "authenticate" in str(error).lower() or "Credentials" in str(error), str(error)


@case
def cmd_shell():
    with connection() as wsman, WinRS(wsman) as shell:
        process = Process(shell, "echo", ["hello", "there"])
        process.invoke()
        process.signal(SignalCode.CTRL_C)
        same((process.stdout, process.stderr, process.rc), (b"hello there\r\n", b"", 0))
        process = Process(shell, "fail", ["7"])
        process.invoke()
        process.signal(SignalCode.TERMINATE)
        same((process.stdout, process.stderr, process.rc), (b"", b"failed with 7\r\n", 7))
        process = Process(shell, "cat", [])
        process.begin_invoke()
        process.send(b"first ", end=False)
        process.send(b"\x00\xff last")
        process.end_invoke()
        same((process.stdout, process.rc), (b"first \x00\xff last", 0))
        process = Process(shell, "wait", [])
        process.begin_invoke()
        process.signal(SignalCode.CTRL_C)
        process.end_invoke()
        assert process.rc != 0, "exit code of a stopped command is %s" % process.rc


@case
def cmd_environment():
    with connection() as wsman, WinRS(wsman, environment={"one": "first", "two words": "a=b <&>"}, working_directory="C:\\Windows", codepage=65001) as shell:
        process = Process(shell, "set", [])
        process.invoke()
        same(sorted(process.stdout.decode().split("\r\n"))[1:], ["CD=C:\\Windows", "one=first", "two words=a=b <&>"])


INNER = {"leave_behind": leave_behind}

def main(cases):
    warnings.simplefilter("ignore")
    for name in CONFIG["cases"]:
        if name in INNER:
            INNER[name]()
            os._exit(0)
        try:
            cases[name]()
            print(json.dumps({"case": name, "ok": True}), flush=True)
        except Exception:
            print(json.dumps({"case": name, "ok": False, "error": traceback.format_exc(limit=-4)}), flush=True)


if __name__ == "__main__":
    main(CASES)
