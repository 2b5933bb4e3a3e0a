"""pypsrp as client of the lab: the service and the pool with their cmdlets.

Argument as for pypsrp_cases.py; further: {people, accounts: {name: password}}.
"""

from pypsrp_cases import CONFIG, connection, main, run, runspaces, same

from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.complex_objects import PSInvocationState
from pypsrp.powershell import PowerShell

CASES = {}


def case(body):
    CASES[body.__name__] = body
    return body


class Session:
    """A pool whose commands are called by name, with everything that went wrong in `errors`."""

    def __init__(self, user=None, **other):
        if user is not None:
            other = dict(other, username=user, password=CONFIG["accounts"][user])
        self.other = other

    def __enter__(self):
        self.wsman = connection(**self.other)
        self.pool = runspaces(self.wsman)
        self.pool.open()
        return self

    def __exit__(self, *_):
        self.pool.close()
        self.wsman.close()

    def run(self, *commands):
        shell = PowerShell(self.pool)
        for name, arguments in commands:
            shell.add_cmdlet(name)
            for key, value in arguments.items():
                shell.add_parameter(key, value)
        output = shell.invoke()
        self.errors = [(str(error), error.fq_error) for error in shell.streams.error]
        self.state = shell.state
        return output

    def __call__(self, name, **arguments):
        output = self.run((name, arguments))
        if self.errors:
            raise AssertionError("%s: %s" % (name, self.errors))
        return output


def property_of(thing, name):
    for group in (thing.extended_properties, thing.adapted_properties):
        if name in group:
            return group[name]
    raise AssertionError("no %s, but %s" % (name, list(thing.adapted_properties) + list(thing.extended_properties)))


@case
def tenant():
    with Session() as session:
        found = session("Get-CsTenant")
        same(len(found), 1, "tenants")
        assert "contoso.com" in property_of(found[0], "VerifiedDomains")


@case
def users():
    with Session() as session:
        everybody = session("Get-CsOnlineUser")
        same(len(everybody), CONFIG["people"], "people")
        same(len(session("Get-CsOnlineUser", ResultSize=7)), 7, "people at most")
        for identity in ("alice", "alice@contoso.com", "sip:alice@contoso.com", "Alice Jones", str(property_of(everybody[0], "DistinguishedName"))):
            found = session("Get-CsOnlineUser", Identity=identity)
            same([property_of(each, "SipAddress") for each in found], ["sip:alice@contoso.com"], identity)


@case
def filters():
    with Session() as session:
        names = [property_of(each, "DisplayName") for each in session("Get-CsOnlineUser")]
        found = session("Get-CsOnlineUser", Filter='DisplayName -like "A*"')
        same([property_of(each, "DisplayName") for each in found], [name for name in names if name.lower().startswith("a")], "like")
        found = session("Get-CsOnlineUser", Filter='-not (DisplayName -like "A*") -and DisplayName -ne "Bob Kelly"')
        expected = [name for name in names if not name.lower().startswith("a") and name != "Bob Kelly"]
        same([property_of(each, "DisplayName") for each in found], expected, "not like")


@case
def select_and_measure():
    with Session() as session:
        found = session.run(("Get-CsOnlineUser", {"ResultSize": 3}), ("Select-Object", {"Property": ["DisplayName", "SipAddress"]}))
        same(len(found), 3)
        same(sorted(found[0].extended_properties), ["DisplayName", "SipAddress"])
        found = session.run(("Get-CsOnlineUser", {}), ("Measure-Object", {}))
        same(property_of(found[0], "Count"), CONFIG["people"])


@case
def change_a_user():
    with Session() as session:
        session("Set-CsUser", Identity="bob@contoso.com", AudioVideoDisabled=True)
        same(property_of(session("Get-CsOnlineUser", Identity="bob@contoso.com")[0], "AudioVideoDisabled"), True)
        session("Set-CsUser", Identity="bob@contoso.com", AudioVideoDisabled=False)
        same(property_of(session("Get-CsOnlineUser", Identity="bob@contoso.com")[0], "AudioVideoDisabled"), False)


@case
def policies():
    with Session() as session:
        session("New-CsExternalAccessPolicy", Identity="Interop", EnableFederationAccess=True)
        try:
            made = session("Get-CsExternalAccessPolicy", Identity="Tag:Interop")
            same(property_of(made[0], "EnableFederationAccess"), True)
            session("Set-CsExternalAccessPolicy", Identity="Interop", EnableFederationAccess=False)
            same(property_of(session("Get-CsExternalAccessPolicy", Identity="Interop")[0], "EnableFederationAccess"), False)
            session("Grant-CsExternalAccessPolicy", Identity="bob@contoso.com", PolicyName="Interop")
            user = session("Get-CsOnlineUser", Identity="bob@contoso.com")[0]
            assert "Interop" in str(property_of(user, "ExternalAccessPolicy")), property_of(user, "ExternalAccessPolicy")
            session("Grant-CsExternalAccessPolicy", Identity="bob@contoso.com", PolicyName=None)
        finally:
            session.run(("Remove-CsExternalAccessPolicy", {"Identity": "Interop"}))
        session.run(("Get-CsExternalAccessPolicy", {"Identity": "Interop"}))
        same(len(session.errors), 1, "errors")


@case
def not_found():
    with Session() as session:
        same(session.run(("Get-CsOnlineUser", {"Identity": "nobody.at.all"})), [])
        same(len(session.errors), 1, "errors")
        assert 'Management object not found for identity "nobody.at.all"' in session.errors[0][0], session.errors
        same(session.state, PSInvocationState.COMPLETED, "state")


@case
def refused_input():
    with Session() as session:
        session.run(("Get-CsOnlineUser", {"ResultSize": "many"}))
        same(len(session.errors), 1, "errors")
        assert "ResultSize" in session.errors[0][0], session.errors
        session.run(("Get-CsOnlineUser", {"Colour": "blue"}))
        same(len(session.errors), 1, "errors")
        assert "NamedParameterNotFound" in session.errors[0][1], session.errors
        session.run(("Get-ChildItem", {}))
        assert session.errors[0][1].startswith("CommandNotFoundException"), session.errors


@case
def script_is_refused():
    with Session() as session:
        shell = PowerShell(session.pool)
        shell.add_script("1 + 1")
        same(shell.invoke(), [])
        same(shell.state, PSInvocationState.FAILED, "state")
        same([error.fq_error for error in shell.streams.error], ["ScriptsNotAllowed"])


@case
def metadata_and_help():
    with Session() as session:
        commands = session.pool.get_command_metadata("*-Cs*")
        names = [each.name for each in commands]
        for expected in ("Get-CsTenant", "Get-CsOnlineUser", "Set-CsUser", "Grant-CsExternalAccessPolicy"):
            assert expected in names, names
        user = next(each for each in commands if each.name == "Get-CsOnlineUser")
        for parameter in ("Identity", "Filter", "ResultSize", "ErrorAction"):
            assert parameter in user.parameters, list(user.parameters)
        assert session("Get-Help", Name="Get-CsTenant"), "no help"
        assert session("Get-Command", Name="Get-CsTenant"), "no command"


@case
def roles():
    with Session("viewer@contoso.com") as session:
        same(len(session("Get-CsOnlineUser", ResultSize=2)), 2)
        session.run(("Set-CsUser", {"Identity": "bob@contoso.com", "AudioVideoDisabled": True}))
        assert session.errors, "a viewer changed a user"
        names = [each.name for each in session.pool.get_command_metadata("Set-Cs*")]
        same(names, [], "what a viewer may set")


@case
def tenants_are_apart():
    with Session("admin@fabrikam.com", path="OcsPowershellLiveId?AdminDomain=fabrikam.com") as session:
        same(session.run(("Get-CsOnlineUser", {"Identity": "alice@contoso.com"})), [])
        same(len(session.errors), 1, "errors")
        assert "fabrikam.com" in property_of(session("Get-CsTenant")[0], "VerifiedDomains")
    try:
        with Session(path="OcsPowershellLiveId?AdminDomain=fabrikam.com"):
            raise AssertionError("let into another's tenant")
    except WSManFaultError as fault:
        assert "does not have permission to manage this tenant" in fault.reason, fault.reason


@case
def three_shells():
    with Session() as first, Session() as second, Session() as third:
        try:
            with Session():
                raise AssertionError("a fourth shell")
        except WSManFaultError as fault:
            same(fault.code, 2150859173, "code")
            assert "maximum number of concurrent shells" in fault.reason, fault.reason
        for session in (first, second, third):
            same(len(session("Get-CsTenant")), 1)
    with Session() as session:
        same(len(session("Get-CsTenant")), 1, "room again")


@case
def sign_in_refused():
    try:
        with Session(password="not the password"):
            raise AssertionError("it opened")
    except AuthenticationError:
        pass


@case
def left_and_found_again():
    with Session() as session:
        shell = PowerShell(session.pool)
        shell.add_cmdlet("Get-CsOnlineUser")
        shell.begin_invoke()
        session.pool.disconnect()
        session.pool.connect()
        shell.state = PSInvocationState.RUNNING
        same(len(shell.end_invoke()), CONFIG["people"])


@case
def pool_users():
    with Session() as session:
        found = session("Get-CsUser")
        assert len(found) > 3, len(found)
        ken = session("Get-CsUser", Identity="kenmyer@contoso.com")
        same(len(ken), 1)
        assert session("Get-CsPool"), "no pool"


if __name__ == "__main__":
    main(CASES)
