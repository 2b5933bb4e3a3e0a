"""One end of a GSS-API exchange, driven by JSON lines on standard input; for Debian's python3-gssapi.

Each line is {"do": ..., ...}; each answer is one line, {"error": ...} where the library refused. Binary is base64.
"""
import base64
import json
import sys

import gssapi
import gssapi.raw
from gssapi.raw import IOV, IOVBufferType

OIDS = {
    "kerberos": gssapi.OID.from_int_seq("1.2.840.113554.1.2.2"),
    "ntlm": gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10"),
    "spnego": gssapi.OID.from_int_seq("1.3.6.1.5.5.2"),
}
FLAGS = (
    gssapi.RequirementFlag.mutual_authentication
    | gssapi.RequirementFlag.replay_detection
    | gssapi.RequirementFlag.out_of_sequence_detection
    | gssapi.RequirementFlag.confidentiality
    | gssapi.RequirementFlag.integrity
)


def encode(value):
    return None if value is None else base64.b64encode(bytes(value)).decode()


def decode(text):
    return None if text is None else base64.b64decode(text)


class Peer:
    context = None

    def begin(self, usage, mechanism, target=None, user=None, password=None, inside=None, binding=None):
        mech = OIDS[mechanism]
        credential = None
        if password is not None:
            name = gssapi.Name(user, gssapi.NameType.user)
            found = gssapi.raw.acquire_cred_with_password(name, password.encode(), usage="initiate", mechs=[mech])
            credential = gssapi.Credentials(base=found.creds)
        elif usage == "accept":
            credential = gssapi.Credentials(usage="accept", mechs=[mech])
        if inside is not None and credential is not None:
            gssapi.raw.set_neg_mechs(credential, [OIDS[inside]])
        channel = None
        if binding is not None:
            channel = gssapi.raw.ChannelBindings(application_data=decode(binding))
        options = {"creds": credential, "usage": usage}
        if channel is not None:
            options["channel_bindings"] = channel
        if usage == "initiate":
            options["name"] = gssapi.Name(target, gssapi.NameType.hostbased_service)
            options["mech"] = mech
            options["flags"] = FLAGS
        self.context = gssapi.SecurityContext(**options)
        return {}

    def step(self, token=None):
        out = self.context.step(decode(token)) if token is not None else self.context.step()
        answer = {"token": encode(out), "done": self.context.complete}
        if self.context.complete and self.context.usage == "accept":
            answer["peer"] = str(self.context.initiator_name)
        if self.context.complete:
            answer["flags"] = int(self.context.actual_flags)
        return answer

    def wrap_iov(self, data):
        message = IOV(IOVBufferType.header, decode(data), IOVBufferType.padding, std_layout=False)
        gssapi.raw.wrap_iov(self.context, message, True)
        return {"header": encode(message[0].value), "body": encode(message[1].value), "padding": encode(message[2].value or b"")}

    def unwrap_iov(self, header, body):
        message = IOV((IOVBufferType.header, False, decode(header)), decode(body), std_layout=False)
        gssapi.raw.unwrap_iov(self.context, message)
        return {"data": encode(message[1].value)}

    def wrap(self, data):
        return {"token": encode(self.context.wrap(decode(data), True).message)}

    def unwrap(self, token):
        result = self.context.unwrap(decode(token))
        return {"data": encode(result.message), "encrypted": result.encrypted}

    def sign(self, data):
        return {"token": encode(self.context.get_signature(decode(data)))}

    def verify(self, data, token):
        self.context.verify_signature(decode(data), decode(token))
        return {}


peer = Peer()
for line in sys.stdin:
    request = json.loads(line)
    action = request.pop("do")
    try:
        answer = getattr(peer, action)(**request)
    except Exception as error:  # every refusal of the library is an answer
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
