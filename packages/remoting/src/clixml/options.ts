/** What a caller may set about reading and writing CLIXML, with the limits that hold when it sets nothing. */

/** Turns secret text into what `<SS>` carries and back; the session's key is behind it. Both see UTF-16LE. */
export interface SecureStringCodec {
  encrypt(utf16le: Uint8Array): string;
  /** Throws, or gives bytes that are no text, where the content is not what `encrypt` made. */
  decrypt(text: string): Uint8Array;
}

export interface ReadOptions {
  /** Without it a SecureString in the input is a fault. */
  secureString?: SecureStringCodec | undefined;
  /** Values within values; PowerShell's own readers allow 50. */
  maxDepth?: number;
  /** Characters in one value. */
  maxSize?: number;
  /** Elements in one value. */
  maxElements?: number;
  /**
   * Whether type names get the prefix `Deserialized.`, as they do in PowerShell for what came over the wire.
   * Off for messages of the protocol itself. Types that PowerShell rebuilds (a PSCredential) never get it.
   */
  deserializedPrefix?: boolean;
  /** Whether a script block stays a `ScriptBlock`; PowerShell's own readers make a string of it. */
  scriptBlocks?: boolean;
  /**
   * Minutes east of UTC at the reader's place at a moment. With it a local time becomes the reader's own, as PowerShell
   * shows it; without it, it stays what it was at the sender, with its offset.
   */
  localOffset?: (utc: Date) => number;
  /**
   * How far back a `Ref` may reach: over the whole document; to the objects met or referred to most recently
   * (`READ_LIMITS.recentObjects`); or within one value only. A stream takes "recent" unless told otherwise, so that a
   * file of any length is read in little memory; what is whole in memory anyway takes "document".
   */
  references?: "document" | "recent" | "value";
}

export interface WriteOptions {
  secureString?: SecureStringCodec | undefined;
  /**
   * Levels of adapted properties that are written out; what lies deeper becomes its text. Property bags, lists and
   * dictionaries keep all their levels, and so does what came over the wire itself ([MS-PSRP] 2.2.5.2; remoting uses 1).
   */
  depth?: number;
  /** Depths by type name that hold instead of `depth`, beside PowerShell's own (`SERIALIZATION_DEPTHS`). */
  typeDepths?: ReadonlyMap<string, number>;
}

export const READ_LIMITS = {
  /** PowerShell's MaxDepthBelowTopLevel. */
  maxDepth: 50,
  maxSize: 256 * 1024 * 1024,
  maxElements: 1_000_000,
  /** Objects that a stream remembers beyond their own value. */
  recentObjects: 1_000,
  /** Lists of type names in one document. */
  maxTypes: 100_000,
} as const;

export const DEFAULT_DEPTH = 1;

/** Depths that PowerShell's type data sets for its own types. */
export const SERIALIZATION_DEPTHS: ReadonlyMap<string, number> = new Map([
  ["HelpInfo", 1],
  ["Microsoft.PowerShell.Commands.Internal.Format.FormatInfoData", 1],
  ["Microsoft.PowerShell.Commands.ModuleSpecification", 1],
  ["System.Exception", 1],
  ["System.Globalization.CultureInfo", 1],
  ["System.Management.Automation.Breakpoint", 1],
  ["System.Management.Automation.BreakpointUpdatedEventArgs", 2],
  ["System.Management.Automation.CommandCompletion", 1],
  ["System.Management.Automation.CompletionResult", 1],
  ["System.Management.Automation.CustomControlEntry", 1],
  ["System.Management.Automation.CustomItemBase", 1],
  ["System.Management.Automation.DebuggerCommand", 1],
  ["System.Management.Automation.DebuggerCommandResults", 1],
  ["System.Management.Automation.DebuggerStopEventArgs", 2],
  ["System.Management.Automation.DisplayEntry", 1],
  ["System.Management.Automation.EntrySelectedBy", 1],
  ["System.Management.Automation.ExtendedTypeDefinition", 1],
  ["System.Management.Automation.FormatViewDefinition", 1],
  ["System.Management.Automation.Job", 2],
  ["System.Management.Automation.JobStateEventArgs", 2],
  ["System.Management.Automation.JobStateInfo", 1],
  ["System.Management.Automation.ListControlEntry", 1],
  ["System.Management.Automation.ListControlEntryItem", 1],
  ["System.Management.Automation.PSControl", 1],
  ["System.Management.Automation.PSControlGroupBy", 2],
  ["System.Management.Automation.PSCredential", 1],
  ["System.Management.Automation.PSListModifier", 2],
  ["System.Management.Automation.PSPrimitiveDictionary", 1],
  ["System.Management.Automation.Remoting.PSSenderInfo", 4],
  ["System.Management.Automation.Remoting.PSSessionOption", 1],
  ["System.Management.Automation.Signature", 2],
  ["System.Management.Automation.SwitchParameter", 1],
  ["System.Management.Automation.TableControlColumn", 1],
  ["System.Management.Automation.TableControlColumnHeader", 1],
  ["System.Management.Automation.TableControlRow", 1],
  ["System.Management.Automation.WideControlEntryItem", 1],
  ["System.Management.ManagementEventArgs", 2],
  ["System.Net.IPAddress", 1],
  ["System.Net.Mail.MailAddress", 1],
  ["System.Security.AccessControl.FileSystemSecurity", 1],
  ["System.Security.AccessControl.RegistrySecurity", 1],
  ["System.Security.Cryptography.X509Certificates.X500DistinguishedName", 1],
  ["System.Security.Cryptography.X509Certificates.X509Certificate2", 1],
]);
