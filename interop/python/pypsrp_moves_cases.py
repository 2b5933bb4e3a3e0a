"""pypsrp moving users on the pool's endpoint; what came of it is read there and at the service.

Argument as for pypsrp_lab_cases.py; further: {online: {port, path, user}, url, reports}.
"""

import csv
import os

from pypsrp_cases import CONFIG, main, same
from pypsrp_lab_cases import Session, property_of

from pypsrp.complex_objects import PSCredential
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell

ONLINE = "sipfed.online.lync.com"
POOL = "pool01.contoso.local"
THERE = (ONLINE, None, ONLINE, "HybridOnlineSfBUser")
HERE = ("SRV:", POOL, "SRV:", "HybridOnpremSfBUser")
CASES = {}


def case(body):
    CASES[body.__name__] = body
    return body


def service():
    there = CONFIG["online"]
    return Session(
        there["user"],
        port=there["port"],
        path=there["path"],
        ssl=True,
        auth="basic",
        encryption="auto",
    )


def homing(pool, online, identity):
    here = pool("Get-CsUser", Identity=identity)[0]
    there = online("Get-CsOnlineUser", Identity=identity)[0]
    text = lambda thing, name: None if property_of(thing, name) is None else str(property_of(thing, name))
    return (
        text(here, "HostingProvider"),
        text(here, "RegistrarPool"),
        text(there, "HostingProvider"),
        text(there, "InterpretedUserType"),
    )


def move(session, identity, target, **more):
    """Runs it and gives its output; errors stand in `session.errors` as (text, id)."""
    session.pool.exchange_keys()
    user = CONFIG["online"]["user"]
    arguments = dict(
        Identity=identity,
        Target=target,
        Credential=PSCredential(username=user, password=CONFIG["accounts"][user]),
        HostedMigrationOverrideUrl=CONFIG["url"],
        Confirm=False,
    )
    arguments.update(more)
    arguments = {name: value for name, value in arguments.items() if value is not None}
    return session.run(("Move-CsUser", arguments))


@case
def there_and_back():
    with Session() as pool, service() as online:
        same(homing(pool, online, "user@contoso.com"), HERE, "before")
        for target, expected in ((ONLINE, THERE), (POOL, HERE)):
            same(len(move(pool, "user@contoso.com", target)), 0, "output")
            same(pool.errors, [], "errors")
            same(homing(pool, online, "user@contoso.com"), expected, target)


@case
def what_if():
    with Session() as pool, service() as online:
        same(len(move(pool, "user@contoso.com", ONLINE, WhatIf=True, Confirm=None)), 0, "output")
        same(pool.errors, [], "errors")
        same(homing(pool, online, "user@contoso.com"), HERE)


@case
def pass_thru():
    with Session() as pool, service() as online:
        moved = move(pool, "user@contoso.com", ONLINE, PassThru=True)
        same(pool.errors, [], "errors")
        same([str(property_of(each, "HostingProvider")) for each in moved], [ONLINE])
        back = move(pool, "user@contoso.com", POOL, PassThru=True)
        same([str(property_of(each, "RegistrarPool")) for each in back], [POOL])


@case
def report():
    with Session() as pool:
        for target in (ONLINE, POOL):
            move(pool, "user@contoso.com", target, Report="C:\\temp\\moved.csv")
            same(pool.errors, [], "errors")
            path = os.path.join(CONFIG["reports"], "moved.csv")
            with open(path, encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            same([(row["SipAddress"], row["Target"], row["Result"]) for row in rows], [("sip:user@contoso.com", target, "Moved")])
            os.remove(path)


class Ui(PSHostUserInterface):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.asked = []

    def PromptForChoice(self, runspace, pipeline, caption, message, choices, default_choice):
        self.asked.append(message)
        return [each.extended_properties["label"].replace("&", "") for each in choices].index(self.answer)


@case
def confirm():
    """A person who says no, and one who says yes."""
    with service() as online:
        for answer, expected in (("No", HERE), ("Yes", THERE)):
            ui = Ui(answer)
            with Session() as pool:
                pool.pool.close()
                pool.pool = type(pool.pool)(pool.wsman, configuration_name="Microsoft.PowerShell", host=PSHost(None, None, False, "interop", None, ui, "1.0"))
                pool.pool.open()
                move(pool, "user@contoso.com", ONLINE, Confirm=None)
                same(pool.errors, [], "errors")
                same(len(ui.asked), 1, "questions")
                assert "user@contoso.com" in ui.asked[0], ui.asked
                same(homing(pool, online, "user@contoso.com"), expected, answer)
        with Session() as pool:
            move(pool, "user@contoso.com", POOL)
            same(homing(pool, online, "user@contoso.com"), HERE, "back")


@case
def unlicensed():
    with Session() as pool, service() as online:
        before = homing(pool, online, "nolicence@contoso.com")
        move(pool, "nolicence@contoso.com", ONLINE)
        same(len(pool.errors), 1, "errors")
        text, error_id = pool.errors[0]
        same(
            text,
            "HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.)",
        )
        same(error_id, "MoveError,Microsoft.Rtc.Management.AD.Cmdlets.MoveOcsUserCmdlet")
        same(homing(pool, online, "nolicence@contoso.com"), before)


@case
def by_oauth_in_the_session():
    with Session() as pool:
        move(pool, "user@contoso.com", ONLINE, Credential=None, UseOAuth=True)
        assert len(pool.errors) == 1 and "window" in pool.errors[0][0], pool.errors


@case
def nobody():
    with Session() as pool:
        move(pool, "nobody@contoso.com", ONLINE)
        same(len(pool.errors), 1, "errors")


if __name__ == "__main__":
    main(CASES)
