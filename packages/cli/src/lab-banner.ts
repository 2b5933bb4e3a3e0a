/** How to reach a lab, for people with our command line, with pypsrp, with PowerShell and Windows PowerShell. */
import { dirname, join } from "node:path";
import type { RunningLab } from "@tieline/server";
import type { Style } from "./style.ts";

/** @param isDefault whether the lab lies where `--lab` looks for it */
export function labBanner(lab: RunningLab, style: Style, isDefault: boolean): string {
  const here = isDefault ? "--lab" : `--data ${lab.folder}`;
  const { ports } = lab.description;
  const ca = join(lab.folder, lab.description.authority);
  const admin = lab.logins.find((login) => login.user === "admin@contoso.com") ?? lab.logins[0];
  const poolAdmin = lab.logins.find((login) => login.user.startsWith("administrator@")) ?? admin;
  const head = (text: string): string => `\n${style.strong(text)}\n`;
  const endpoint = `https://localhost:${ports["online-https"]}/OcsPowershellLiveId`;
  return [
    head("Accounts (of this lab only; their passwords come from its key)"),
    ...lab.logins.map((login) => `  ${login.user.padEnd(30)} ${login.password}  ${style.dim(login.roles.join(", "))}\n`),
    head("Connect with the command line"),
    `  npx tieline connect admin@contoso.com ${here}\n`,
    `  npx tieline invoke ${here} --user admin@contoso.com Get-CsOnlineUser -Identity alice\n`,
    `  npx tieline connect ${poolAdmin?.user} ${here} --target-uri https://pool01.contoso.local/OcsPowershell\n`,
    `  npx tieline invoke ${here} --user admin@contoso.com --certificate-file ${join(dirname(ca), "admin@contoso.com.crt")} \\\n`,
    `      --key-file ${join(dirname(ca), "admin@contoso.com.key")} Get-CsTenant   ${style.dim("# by client certificate, no password")}\n`,
    head("Connect with pypsrp (Python)"),
    `  client = Client("localhost", port=${ports["online-https"]}, path="OcsPowershellLiveId", auth="basic",\n`,
    `      username="${admin?.user}", password="${admin?.password}", cert_validation="${ca}")\n`,
    head("Connect with PowerShell 7.3 and later, on any system, over SSH"),
    `  New-PSSession -HostName 127.0.0.1 -Port ${ports["online-ssh"]} -UserName ${admin?.user} -Subsystem powershell\n`,
    `  ${style.dim(`host key ${lab.description.sshFingerprint ?? ""}`)}\n`,
    head("Connect with Windows PowerShell 5.1"),
    `  Import-Certificate -FilePath lab-ca.crt -CertStoreLocation Cert:\\CurrentUser\\Root   ${style.dim(`# ${ca}`)}\n`,
    `  $s = New-PSSession -ConnectionUri "${endpoint}?AdminDomain=contoso.com" -Authentication Basic -Credential ${admin?.user}\n`,
    "  Import-PSSession $s\n",
    head("The lab"),
    `  data folder    ${lab.folder}\n`,
    `  authority      ${ca}\n`,
    `  names          ${join(lab.folder, "lab.json")} ${style.dim("(in the form of --connect-to)")}\n`,
    `  name server    127.0.0.1:${ports["lab-dns"]} ${style.dim("(dig @127.0.0.1 -p PORT lyncdiscover.contoso.com; --dns-server 127.0.0.1:PORT)")}\n`,
    `                 ${style.dim("DNS carries no ports: 80 and 443 of its addresses still come from the name map, which --lab reads")}\n`,
    `  log            ${lab.logPath}\n`,
    ...lab.warnings.map((warning) => `  ${style.warning("warning")}        ${warning}\n`),
    "\n",
  ].join("");
}
