import type { FaultEntry } from "../entry.ts";

const UPDATE = "Check the program at the other end; if it is PowerShell or Tieline, please report this as a defect.";
const SAVE = "Export the values again with Export-Clixml, or take the file from the backup: it was damaged after it was written.";

/** Faults of PowerShell's encoding of values. Where PowerShell has a text for the same damage, it stands here. */
export const CLIXML = {
  "clixml-malformed": {
    blame: "peer",
    layer: "clixml",
    text: "The serialized data is not well-formed XML: {what}, at character {position}.",
    why: "The data was cut short or changed on its way, or another program wrote it.",
    cure: SAVE,
  },
  "clixml-encoding": {
    blame: "peer",
    layer: "clixml",
    text: "The serialized data is not valid UTF-8.",
    why: "The data was cut or changed on its way, or it was written in another encoding.",
    cure: "Write the data as UTF-8, which is what remoting and Export-Clixml use.",
  },
  "clixml-forbidden": {
    blame: "peer",
    layer: "clixml",
    text: "The serialized data contains {what}, which is not accepted.",
    why: "CLIXML never needs it, and it can be used to make a reader fetch files or exhaust memory.",
    cure: "Do not use data from this source; a PowerShell does not write it.",
  },
  "clixml-element": {
    blame: "peer",
    layer: "clixml",
    text: "{element} XML tag is not recognized. (At character {position} of the serialized data.)",
    why: "The element is unknown to CLIXML, or it may not stand at this place.",
    cure: UPDATE,
  },
  "clixml-root": {
    blame: "peer",
    layer: "clixml",
    text: "Element 'Objs' with namespace name 'http://schemas.microsoft.com/powershell/2004/04' was not found.",
    why: "The data is XML, but not that of PowerShell.",
    cure: "Name a file that Export-Clixml wrote.",
  },
  "clixml-version": {
    blame: "peer",
    layer: "clixml",
    text: 'Version "{version}" of the serialized data is not supported. Expected value is 1.',
    why: "The data was written by a PowerShell with another version of the format, or the version is damaged.",
    cure: UPDATE,
  },
  "clixml-content": {
    blame: "peer",
    layer: "clixml",
    text: "The contents of the {type} primitive type are not valid. (At character {position} of the serialized data.)",
    why: "The text in the element is not a value of that type, or lies outside its range.",
    cure: UPDATE,
  },
  "clixml-name": {
    blame: "peer",
    layer: "clixml",
    text: "N attribute was expected. (At character {position} of the serialized data.)",
    why: "A property has no name.",
    cure: UPDATE,
  },
  "clixml-dictionary": {
    blame: "peer",
    layer: "clixml",
    text: "{what} (At character {position} of the serialized data.)",
    why: "An entry of a dictionary must hold a key and a value, in this order.",
    cure: UPDATE,
  },
  "clixml-reference": {
    blame: "peer",
    layer: "clixml",
    text: "No object found for referenceId {reference}. (At character {position} of the serialized data.)",
    why: "The data refers to something that does not stand before the reference; when a long file is read value by value, it may stand in an earlier value.",
    cure: 'Read the file with references over the whole document (option references: "document"); otherwise check the program that wrote it.',
  },
  "clixml-depth": {
    blame: "peer",
    layer: "clixml",
    text: "Serialized XML is nested too deeply. (The limit is {limit} levels.)",
    cure: "Send flatter data: select the properties that are needed before the objects leave the other end.",
  },
  "clixml-limit": {
    blame: "peer",
    layer: "clixml",
    text: "The serialized data exceeds the limit of {limit} {what}.",
    why: "The limit protects the reader's memory against one value that is too large.",
    cure: "Send less in one value: several smaller objects, or only the properties that are needed.",
  },
  "clixml-secure-string": {
    blame: "local",
    layer: "clixml",
    text: "A SecureString cannot be read or written here: there is no key for it.",
    why: "Secrets are only carried inside a session, under its key.",
    cure: "Pass the secret within an open session, or hand over a codec for it (option secureString).",
  },
  "clixml-character": {
    blame: "local",
    layer: "clixml",
    text: "The character U+{code} cannot be written: XML does not allow it.",
    cure: "Remove the character from the text. Binary data travels as a byte array.",
  },
  "clixml-unwritable": {
    blame: "local",
    layer: "clixml",
    text: "The value cannot be serialized: it is {what}.",
    cure: "Use the types of the object model: the scalar classes, PsObject, PsList, PsDictionary, and plain strings, numbers, booleans and null.",
  },
  "clixml-depth-option": {
    blame: "local",
    layer: "clixml",
    text: "Value of depth parameter must be greater than or equal to 1. (It is {depth}.)",
    cure: "Give a depth of 1 or more, or leave it out.",
  },
} as const satisfies Record<string, FaultEntry>;
