"""pywinrm against a command shell that knows the programs of interop/test-programs.ts.

Argument: one JSON object {url, auth, user, password, ca, cases}. Prints a line of JSON for each case.
"""

import base64
import json
import sys
import traceback
import warnings

# OpenSSL 3 gives MD4, which NTLM needs, only after its legacy provider was loaded; this module does so.
import cryptography.hazmat.bindings.openssl.binding  # noqa: F401
import winrm
from winrm.exceptions import InvalidCredentialsError, WinRMError, WinRMOperationTimeoutError
from winrm.protocol import Protocol

CONFIG = json.loads(sys.argv[1])
CASES = {}


def case(body):
    CASES[body.__name__] = body
    return body


def protocol(**other):
    options = dict(
        endpoint=CONFIG["url"],
        transport=CONFIG["auth"],
        username=CONFIG["user"],
        password=CONFIG["password"],
        server_cert_validation="validate",
        ca_trust_path=CONFIG.get("ca"),
        message_encryption=CONFIG.get("encryption", "auto"),
    )
    options.update(other)
    return Protocol(**options)


class Shell:
    def __init__(self, **options):
        self.protocol = protocol()
        self.options = options

    def __enter__(self):
        self.id = self.protocol.open_shell(**self.options)
        return self

    def __exit__(self, *_):
        self.protocol.close_shell(self.id)

    def run(self, command, *arguments):
        identity = self.protocol.run_command(self.id, command, arguments)
        try:
            return self.protocol.get_command_output(self.id, identity)
        finally:
            self.protocol.cleanup_command(self.id, identity)


def same(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError("%s: %r instead of %r" % (what, actual, expected))


@case
def output():
    with Shell() as shell:
        same(shell.run("echo", "hello", "there"), (b"hello there\r\n", b"", 0))


@case
def errors_and_exit_code():
    with Shell() as shell:
        same(shell.run("fail", "7"), (b"", b"failed with 7\r\n", 7))
        same(shell.run("fail", "-1"), (b"", b"failed with -1\r\n", -1))
        same(shell.run("both"), (b"out 0\r\nout 1\r\nout 2\r\n", b"err 0\r\nerr 1\r\nerr 2\r\n", 0))


@case
def large_output():
    with Shell() as shell:
        out, err, code = shell.run("big", "3000000")
        same((len(out), err, code), (3000000, b"", 0))
        same(out == (b"0123456789" * 300000), True, "the right bytes")


@case
def several_commands():
    with Shell() as shell:
        for number in range(12):
            same(shell.run("echo", str(number))[0], b"%d\r\n" % number)


@case
def environment_and_folder():
    # this version sends the last variable only
    with Shell(env_vars={"two": "a=b <&>"}, working_directory="C:\\Windows", codepage=65001) as shell:
        out, _, _ = shell.run("set")
        same(sorted(out.decode().split("\r\n"))[1:], ["CD=C:\\Windows", "two=a=b <&>"])


@case
def characters():
    with Shell(codepage=65001) as shell:
        same(shell.run("echo", "\u3053\u3093 <&\"'>")[0].decode(), "\u3053\u3093 <&\"'>\r\n")


@case
def slow_command():
    """Longer than the operation timeout: it asks again."""
    protocol_ = protocol(operation_timeout_sec=1, read_timeout_sec=20)
    shell = protocol_.open_shell()
    try:
        identity = protocol_.run_command(shell, "slow", ("2500",))
        same(protocol_.get_command_output(shell, identity), (b"at last\r\n", b"", 0))
        protocol_.cleanup_command(shell, identity)
    finally:
        protocol_.close_shell(shell)


@case
def stop():
    protocol_ = protocol(operation_timeout_sec=1, read_timeout_sec=20)
    shell = protocol_.open_shell()
    try:
        identity = protocol_.run_command(shell, "wait")
        try:
            protocol_._raw_get_command_output(shell, identity)
            raise AssertionError("no timeout")
        except WinRMOperationTimeoutError:
            pass
        protocol_.cleanup_command(shell, identity)
    finally:
        protocol_.close_shell(shell)


@case
def input():
    """This client has no call for it: the request is written here."""
    import uuid

    import xmltodict

    with Shell() as shell:
        identity = shell.protocol.run_command(shell.id, "cat")
        for chunk, end in ((b"first ", False), (b"\x00\xff last", True)):
            request = {
                "env:Envelope": shell.protocol._get_soap_header(
                    resource_uri="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd",
                    action="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send",
                    shell_id=shell.id,
                    message_id=uuid.uuid4(),
                )
            }
            stream = {"@Name": "stdin", "@CommandId": identity, "#text": base64.b64encode(chunk).decode()}
            if end:
                stream["@End"] = "true"
            request["env:Envelope"].setdefault("env:Body", {}).setdefault("rsp:Send", {})["rsp:Stream"] = stream
            shell.protocol.send_message(xmltodict.unparse(request))
        same(shell.protocol.get_command_output(shell.id, identity), (b"first \x00\xff last", b"", 0))


@case
def unknown_command_id():
    with Shell() as shell:
        try:
            shell.protocol._raw_get_command_output(shell.id, "A0D2AD0C-AE9A-4B2B-9BE4-1C1D34F01D11")
            raise AssertionError("no fault")
        except WinRMError as error:
            assert "2150858843" in str(error), str(error)


@case
def session():
    """The simple face of the library."""
    session_ = winrm.Session(
        CONFIG["url"],
        auth=(CONFIG["user"], CONFIG["password"]),
        transport=CONFIG["auth"],
        server_cert_validation="validate",
        ca_trust_path=CONFIG.get("ca"),
    )
    answer = session_.run_cmd("echo", ["hello"])
    same((answer.std_out, answer.std_err, answer.status_code), (b"hello\r\n", b"", 0))


@case
def wrong_password():
    try:
        protocol(password="not the password").open_shell()
        raise AssertionError("it opened")
    except InvalidCredentialsError:
        pass


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for name in CONFIG["cases"]:
        try:
            CASES[name]()
            print(json.dumps({"case": name, "ok": True}), flush=True)
        except Exception:
            print(json.dumps({"case": name, "ok": False, "error": traceback.format_exc(limit=-4)}), flush=True)
