"""An NTLM client that is python3-ntlm-auth, driven by JSON lines on standard input; binary is base64."""
import base64
import json
import sys

from ntlm_auth.ntlm import NtlmContext

context = None


def encode(value):
    return base64.b64encode(value).decode()


for line in sys.stdin:
    request = json.loads(line)
    action = request["do"]
    data = base64.b64decode(request.get("token", "") or "")
    try:
        if action == "begin":
            context = NtlmContext(
                request["user"],
                request["password"],
                request.get("domain"),
                request.get("workstation"),
                cbt_data=None,
                ntlm_compatibility=request.get("level", 3),
            )
            answer = {}
        elif action == "step":
            answer = {"token": encode(context.step(data or None)), "done": context.complete}
        elif action == "wrap":
            sealed = context.wrap(data)
            answer = {"header": encode(sealed[:16]), "body": encode(sealed[16:])}
        else:
            answer = {"data": encode(context.unwrap(data))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
