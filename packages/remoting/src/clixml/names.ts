/** Names of PowerShell's that the encoding depends on. */

export const NAMESPACE = "http://schemas.microsoft.com/powershell/2004/04";
export const VERSION = "1.1.0.1";

export const CUSTOM_OBJECT: readonly string[] = ["System.Management.Automation.PSCustomObject", "System.Object"];
export const OBJECT_ARRAY: readonly string[] = ["System.Object[]", "System.Array", "System.Object"];
export const LIST: readonly string[] = ["System.Collections.ArrayList", "System.Object"];
export const HASHTABLE: readonly string[] = ["System.Collections.Hashtable", "System.Object"];
export const PROGRESS: readonly string[] = ["System.Management.Automation.ProgressRecord", "System.Object"];

/**
 * Types that PowerShell's reader builds anew, as the live type: their names get no prefix. This is what its type data
 * gives a converter for (TargetTypeForDeserialization); a type derived from one of them is rebuilt as well.
 */
export const REHYDRATED: ReadonlySet<string> = new Set([
  "Microsoft.PowerShell.Commands.ModuleSpecification",
  "System.Globalization.CultureInfo",
  "System.Management.Automation.Breakpoint",
  "System.Management.Automation.BreakpointUpdatedEventArgs",
  "System.Management.Automation.CommandCompletion",
  "System.Management.Automation.CompletionResult",
  "System.Management.Automation.CustomControlEntry",
  "System.Management.Automation.CustomItemBase",
  "System.Management.Automation.DebuggerCommand",
  "System.Management.Automation.DebuggerCommandResults",
  "System.Management.Automation.DebuggerStopEventArgs",
  "System.Management.Automation.DisplayEntry",
  "System.Management.Automation.EntrySelectedBy",
  "System.Management.Automation.ExtendedTypeDefinition",
  "System.Management.Automation.FormatViewDefinition",
  "System.Management.Automation.JobStateEventArgs",
  "System.Management.Automation.JobStateInfo",
  "System.Management.Automation.ListControlEntry",
  "System.Management.Automation.ListControlEntryItem",
  "System.Management.Automation.PSControl",
  "System.Management.Automation.PSControlGroupBy",
  "System.Management.Automation.PSCredential",
  "System.Management.Automation.PSListModifier",
  "System.Management.Automation.PSPrimitiveDictionary",
  "System.Management.Automation.ParameterSetMetadata",
  "System.Management.Automation.Remoting.PSSessionOption",
  "System.Management.Automation.SwitchParameter",
  "System.Management.Automation.TableControlColumn",
  "System.Management.Automation.TableControlColumnHeader",
  "System.Management.Automation.TableControlRow",
  "System.Management.Automation.WideControlEntryItem",
  "System.Net.IPAddress",
  "System.Net.Mail.MailAddress",
  "System.Security.AccessControl.FileSystemSecurity",
  "System.Security.AccessControl.RegistrySecurity",
  "System.Security.Cryptography.X509Certificates.X500DistinguishedName",
  "System.Security.Cryptography.X509Certificates.X509Certificate2",
]);

export function isRehydrated(names: readonly string[]): boolean {
  return names.some((name) => REHYDRATED.has(name));
}
