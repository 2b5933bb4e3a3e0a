import { expect, test } from "vitest";
import { ENGINES } from "../../store/engines.fixture.ts";
import { column, DEPLOYMENT, openLab } from "../lab.fixture.ts";
import { typed } from "./typed.fixture.ts";

test.each(ENGINES.map((engine) => [engine.name, engine] as const))(
  "what two consoles do at once on %s: one of them is told",
  async (_, engine) => {
    const lab = await openLab(10, await engine.open());
    try {
      const pool = (line: string) => typed(lab.pool(), line);
      const { users } = lab.directory.tenant(DEPLOYMENT);
      await pool("Disable-CsUser kenmyer");
      const enable = "Enable-CsUser kenmyer -SipAddress sip:kenmyer@contoso.com";
      const homes = [
        "-RegistrarPool pool01.contoso.local",
        "-RegistrarPool pool02.contoso.local",
        "-HostingProvider sipfed.online.lync.com",
      ];
      const enabled = await Promise.all(homes.map((home) => pool(`${enable} ${home}`)));
      expect(enabled.flatMap(({ said }) => said)).toEqual(
        Array.from(
          { length: 2 },
          () => expect.stringMatching(/^The user "kenmyer" is enabled already, as sip:kenmyer@contoso\.com/) as string,
        ),
      );
      const winner = homes[enabled.findIndex(({ said }) => said.length === 0)]?.split(" ")[1];
      const [ken] = await users.find((eb) => eb("account_key", "=", "kenmyer"), 1);
      expect(ken?.registrarPool ?? ken?.hostingProvider).toBe(winner);

      await pool("Remove-CsHostingProvider LyncOnline");
      const make = (name: string) =>
        pool(`New-CsHostingProvider ${name} -ProxyFqdn sipfed.online.lync.com -Enabled 1 -EnabledSharedAddressSpace 1 -HostsOCSUsers 1`);
      const made = await Promise.all(["First", "Second", "Third"].map(make));
      expect(made.flatMap(({ said }) => said)).toEqual([
        expect.stringMatching(/^There is a duplicate key/),
        expect.stringMatching(/^There is a/),
      ]);
      expect((await pool("Get-CsHostingProvider")).rows).toHaveLength(1);

      await Promise.all(
        ["-AllowAnonymousUsers 1", "-EnableUserReplicator 1"].map((change) => pool(`Set-CsAccessEdgeConfiguration ${change}`)),
      );
      const edge = await pool("Get-CsAccessEdgeConfiguration");
      expect([column(edge, "AllowAnonymousUsers"), column(edge, "EnableUserReplicator")]).toEqual([[true], [true]]);
    } finally {
      await lab.store.close();
    }
  },
);
