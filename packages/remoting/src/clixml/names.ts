/** Names of PowerShell's that the encoding depends on. */

export const NAMESPACE = "http://schemas.microsoft.com/powershell/2004/04";
export const VERSION = "1.1.0.1";

export const CUSTOM_OBJECT: readonly string[] = ["System.Management.Automation.PSCustomObject", "System.Object"];
export const OBJECT_ARRAY: readonly string[] = ["System.Object[]", "System.Array", "System.Object"];
export const LIST: readonly string[] = ["System.Collections.ArrayList", "System.Object"];
export const HASHTABLE: readonly string[] = ["System.Collections.Hashtable", "System.Object"];
export const PROGRESS: readonly string[] = ["System.Management.Automation.ProgressRecord", "System.Object"];

/** Types that PowerShell's reader builds anew, as the live type: their names get no prefix. */
export const REHYDRATED: ReadonlySet<string> = new Set([
  "System.Management.Automation.PSCredential",
  "System.Management.Automation.SwitchParameter",
  "System.Management.Automation.PSPrimitiveDictionary",
  "System.Management.Automation.PSListModifier",
  "System.Globalization.CultureInfo",
  "System.Net.IPAddress",
  "System.Net.Mail.MailAddress",
  "System.Security.Cryptography.X509Certificates.X509Certificate2",
  "System.Security.Cryptography.X509Certificates.X500DistinguishedName",
]);
