"""psrpcore as the server of one session, over PowerShell's out-of-process framing on standard input and output.

Argument: the highest protocol version to speak (2.1, 2.2 or 2.3). Knows a few commands by name; anything else fails.
"""

import base64
import re
import sys
import uuid

import psrpcore
from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    HostMethodIdentifier,
    NETException,
    ProgressRecordType,
    PSCredential,
    PSCustomObject,
    PSSecureString,
    PSVersion,
)

SESSION = uuid.UUID(int=0)
PACKET = re.compile(r"<(\w+)(?: Stream='(\w+)')? PSGuid='([0-9a-fA-F-]+)' ?/?>([^<]*)")


class Stopped(Exception):
    """The client wants the pipeline stopped."""


class Server:
    def __init__(self, version):
        self.pool = psrpcore.ServerRunspacePool()
        self.pool.our_capability.protocolversion = PSVersion(version)
        self.closing = False
        self.input = {}
        self.answers = {}
        self.stops = set()
        self.waiting = []

    def line(self, text):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def send(self):
        while True:
            payload = self.pool.data_to_send(30000)
            if not payload:
                return
            guid = payload.pipeline_id or SESSION
            self.line("<Data Stream='Default' PSGuid='%s'>%s</Data>" % (guid, base64.b64encode(payload.data).decode()))

    def read(self):
        """Takes one packet; False at the end."""
        line = sys.stdin.readline()
        if not line:
            return False
        element, stream, guid, content = PACKET.match(line).groups()
        identity = uuid.UUID(guid)
        if element == "Data":
            kind = psrpcore.StreamType.prompt_response if stream == "PromptResponse" else psrpcore.StreamType.default
            self.pool.receive_data(psrpcore.PSRPPayload(base64.b64decode(content), kind, identity if identity.int else None))
            self.line("<DataAck PSGuid='%s' />" % identity)
            while True:
                event = self.pool.next_event()
                if event is None:
                    break
                self.take(event)
        elif element == "Command":
            psrpcore.ServerPipeline(self.pool, identity)
            self.input[identity] = {"objects": [], "ended": False}
            self.line("<CommandAck PSGuid='%s' />" % identity)
        elif element == "Signal":
            self.stops.add(identity)
            self.line("<SignalAck PSGuid='%s' />" % identity)
        elif element == "Close":
            self.line("<CloseAck PSGuid='%s' />" % identity)
            if not identity.int:
                self.closing = True
                return False
        self.send()
        return True

    def take(self, event):
        name = type(event).__name__
        if name == "CreatePipelineEvent":
            self.waiting.append(event)
        elif name == "GetCommandMetadataEvent":
            pipeline = self.pool.pipeline_table[event.pipeline_id]
            pipeline.start()
            pipeline.complete()
            pipeline.close()
        elif name == "PipelineInputEvent":
            self.input[event.pipeline_id]["objects"].append(event.data)
        elif name == "EndOfPipelineInputEvent":
            self.input[event.pipeline_id]["ended"] = True
        elif name == "PipelineHostResponseEvent":
            self.answers[event.ci] = event
        elif name in ("SetMaxRunspacesEvent", "SetMinRunspacesEvent", "ResetRunspaceStateEvent"):
            self.pool.runspace_availability_response(event.ci, True)
        elif name == "GetAvailableRunspacesEvent":
            self.pool.runspace_availability_response(event.ci, self.pool.max_runspaces)

    def run(self):
        while not self.closing:
            if self.waiting:
                self.pipeline(self.waiting.pop(0))
            elif not self.read():
                return

    def pipeline(self, event):
        pipeline = self.pool.pipeline_table[event.pipeline_id]
        pipeline.start()
        try:
            for command in event.pipeline.commands:
                given = dict((name, value) for name, value in command.parameters)
                Commands(self, pipeline).run(str(command.command_text), given)
            pipeline.complete()
        except Stopped:
            pipeline.stop()
        except Exception as error:
            record = ErrorRecord(
                Exception=NETException(Message=str(error)),
                CategoryInfo=ErrorCategoryInfo(Category=ErrorCategory.NotSpecified),
                FullyQualifiedErrorId=type(error).__name__,
            )
            pipeline._change_state(psrpcore.types.PSInvocationState.Failed, record)
        self.send()
        pipeline.close()


class Commands:
    def __init__(self, server, pipeline):
        self.server = server
        self.pipeline = pipeline

    def run(self, name, given):
        method = getattr(self, name.replace("-", "_").lower(), None)
        if method is None:
            raise ValueError("no command %s" % name)
        method(given)

    def pump(self):
        if self.pipeline.pipeline_id in self.server.stops:
            raise Stopped()
        self.server.send()
        if not self.server.read():
            raise Stopped()
        if self.pipeline.pipeline_id in self.server.stops:
            raise Stopped()

    def host(self, method, *parameters):
        call = self.pipeline.host_call(method, list(parameters))
        self.server.send()
        if method.is_void():
            return None
        while call not in self.server.answers:
            self.pump()
        return self.server.answers.pop(call).result

    def get_echo(self, given):
        self.pipeline.write_output(next(iter(given.values())))

    def get_version(self, given):
        self.pipeline.write_output(str(self.server.pool.their_capability.protocolversion))

    def get_object(self, given):
        for number in range(int(given["Count"])):
            self.pipeline.write_output(PSCustomObject(Name="object %d" % number, Number=number, Items=["a", 1, None], Map={"k": "v"}))
            if number % 50 == 0:
                self.server.send()

    def get_block(self, given):
        for number in range(int(given["Count"])):
            self.pipeline.write_output("%05d" % number * (int(given["Length"]) // 5))
            self.server.send()

    def read_input(self, given):
        own = self.server.input[self.pipeline.pipeline_id]
        while not own["ended"] or own["objects"]:
            if own["objects"]:
                self.pipeline.write_output(own["objects"].pop(0))
            else:
                self.pump()

    def write_streams(self, given):
        self.pipeline.write_progress("working", 1, "on the way", percent_complete=10)
        self.pipeline.write_debug("a debug")
        self.pipeline.write_verbose("a verbose")
        self.pipeline.write_warning("a warning")
        if self.server.pool.their_capability.protocolversion >= PSVersion("2.3"):
            self.pipeline.write_information("an information", "test", tags=["tag"])
        self.pipeline.write_error(
            NETException(Message="an error"),
            category_info=ErrorCategoryInfo(Category=ErrorCategory.InvalidOperation, Activity="Write-Streams"),
            fully_qualified_error_id="TestError",
        )
        self.pipeline.write_output("an output")
        self.pipeline.write_progress("working", 1, "done", percent_complete=100, record_type=ProgressRecordType.Completed)

    def stop_hard(self, given):
        self.pipeline.write_output("before")
        raise RuntimeError("it cannot go on")

    def wait_stop(self, given):
        self.pipeline.write_output("waiting")
        while True:
            self.pump()

    def read_host(self, given):
        self.pipeline.write_output(self.host(HostMethodIdentifier.ReadLine))
        self.host(HostMethodIdentifier.WriteLine2, "a line")
        self.host(HostMethodIdentifier.WriteWarningLine, "beware")
        yes = psrpcore.types.ChoiceDescription("&Yes", "do it")
        no = psrpcore.types.ChoiceDescription("&No", "leave it")
        self.pipeline.write_output(self.host(HostMethodIdentifier.PromptForChoice, "a caption", "a question", [yes, no], 0))
        field = psrpcore.types.FieldDescription(
            Name="First",
            ParameterTypeName="String",
            ParameterTypeFullName="System.String",
            ParameterAssemblyFullName="mscorlib",
            Label="&First",
        )
        answers = self.host(HostMethodIdentifier.Prompt, "a caption", "a message", [field])
        self.pipeline.write_output(answers["First"])

    def read_secret(self, given):
        secret = self.host(HostMethodIdentifier.ReadLineAsSecureString)
        self.pipeline.write_output(secret.decrypt())
        credential = self.host(HostMethodIdentifier.PromptForCredential1, "a caption", "a message", "someone", "here")
        self.pipeline.write_output(credential.UserName)
        self.pipeline.write_output(credential.Password.decrypt())

    def show_secret(self, given):
        value = given["Secret"]
        self.pipeline.write_output(value.decrypt() if isinstance(value, PSSecureString) else "no secret but %r" % value)

    def new_secret(self, given):
        self.server.pool.request_key()
        self.pipeline.write_output(PSSecureString(given["Text"]))

    def new_credential(self, given):
        self.pipeline.write_output(PSCredential("someone", PSSecureString("their secret")))


if __name__ == "__main__":
    Server(sys.argv[1] if len(sys.argv) > 1 else "2.3").run()
