/** What a running lab tells its user: how to connect, each its own way, what to do when it does not work, and where everything lies. */
import { dirname, join } from "node:path";
import { AUTOMATION, type RunningLab } from "@tieline/server";
import type { Style } from "./style.ts";

/** @param isDefault whether the lab lies where `--lab` looks for it */
export function labBanner(lab: RunningLab, style: Style, isDefault: boolean): string {
  const here = isDefault ? "--lab" : `--data ${lab.folder}`;
  const { ports } = lab.description;
  const ca = join(lab.folder, lab.description.authority);
  const admin = lab.logins.find((login) => login.user === "admin@contoso.com") ?? lab.logins[0];
  const poolAdmin = lab.logins.find((login) => login.user.startsWith("administrator@")) ?? admin;
  const browser = `https://localhost:${ports["online-https"]}`;
  const widest = Math.max(...lab.logins.map(({ user }) => user.length));
  const head = (text: string, more = ""): string => `\n${style.strong(text)}${more === "" ? "" : `  ${style.dim(more)}`}\n`;
  /** A line on what it does, then what to type. */
  const way = (what: string, ...words: string[]): string => `  ${style.dim(what)}\n${words.map((line) => `    ${line}\n`).join("")}`;
  const shown = (file: string): string => join(dirname(ca), file);
  return [
    head("Accounts", "of this lab only; their passwords come from its key"),
    ...lab.logins.map((login) => `  ${login.user.padEnd(widest)}  ${login.password}  ${style.dim(login.roles.join(", "))}\n`),
    head("Connect"),
    way(
      "a prompt for cmdlets, and one cmdlet; the lab's password becomes a token",
      `npx tieline connect admin@contoso.com ${here}`,
      `npx tieline invoke ${here} --user admin@contoso.com Get-CsOnlineUser -Identity alice`,
    ),
    way(
      "the pool on premises, by Negotiate",
      `npx tieline connect ${poolAdmin?.user} ${here} --target-uri https://pool01.contoso.local/OcsPowershell`,
    ),
    head("Sign in another way"),
    way(
      "in a browser, which warns of the lab's authority unless you trust lab-ca.crt",
      `npx tieline connect admin@contoso.com ${here} --sign-in browser`,
    ),
    way(`by a code that is typed at ${browser}/device`, `npx tieline connect admin@contoso.com ${here} --sign-in device-code`),
    way(
      "unattended: the lab's application, by its certificate",
      `npx tieline invoke ${here} --tenant ${AUTOMATION.domain} --client-id ${AUTOMATION.appId} \\`,
      `    --certificate-file ${shown(`${AUTOMATION.file}.crt`)} \\`,
      `    --key-file ${shown(`${AUTOMATION.file}.key`)} Get-CsTenant`,
    ),
    way(
      "by a client certificate, in TLS itself",
      `npx tieline invoke ${here} --user admin@contoso.com \\`,
      `    --certificate-file ${shown("admin@contoso.com.crt")} \\`,
      `    --key-file ${shown("admin@contoso.com.key")} Get-CsTenant`,
    ),
    head("Move people between the two sites"),
    way(
      "check them, move them, see what came of it, take them back",
      `npx tieline move plan --users kenmyer@contoso.com,user@contoso.com --name pilot ${here}`,
      `npx tieline move start pilot ${here}`,
      `npx tieline move report pilot ${here} --out pilot.html`,
      `npx tieline move undo pilot ${here}`,
    ),
    head("When it does not work"),
    way("look at each layer on the way", `npx tieline doctor admin@contoso.com ${here}`),
    way("see how a domain is found, hop by hop", `npx tieline discover hybrid.contoso.com ${here}`),
    way("paste an error, from whichever program", "npx tieline explain AADSTS50076"),
    head("Connect with pypsrp", "Python"),
    `  client = Client("localhost", port=${ports["online-https"]}, path="OcsPowershellLiveId", auth="basic",\n`,
    `      username="${admin?.user}", password="${admin?.password}", cert_validation="${ca}")\n`,
    head("Connect with PowerShell", "7.3 and later, on any system"),
    way(
      "by Tieline's module: scripts of old as they stand",
      "npx tieline module install",
      `Import-PSSession (Connect-Tieline ${admin?.user} ${isDefault ? "-Lab" : `-LabFolder ${lab.folder}`})`,
    ),
    way(
      "over SSH, without it",
      `New-PSSession -HostName 127.0.0.1 -Port ${ports["online-ssh"]} -UserName ${admin?.user} -Subsystem powershell`,
    ),
    `    ${style.dim(`host key ${lab.description.sshFingerprint ?? ""}`)}\n`,
    head("Connect with Windows PowerShell", "5.1"),
    `  Import-Certificate -FilePath lab-ca.crt -CertStoreLocation Cert:\\CurrentUser\\Root\n`,
    `  $s = New-PSSession -Authentication Basic -Credential ${admin?.user} \`\n`,
    `      -ConnectionUri "${browser}/OcsPowershellLiveId?AdminDomain=contoso.com"\n`,
    "  Import-PSSession $s\n",
    head("The lab"),
    `  data folder    ${lab.folder}\n`,
    `  authority      ${ca}\n`,
    `  names          ${join(lab.folder, "lab.json")} ${style.dim("(in the form of --connect-to)")}\n`,
    `  name server    127.0.0.1:${ports["lab-dns"]} ${style.dim("(for dig, and for --dns-server; ports come from the names)")}\n`,
    `  log            ${lab.logPath}\n`,
    ...lab.warnings.map((warning) => `  ${style.warning("warning")}        ${warning}\n`),
    "\n",
  ].join("");
}
