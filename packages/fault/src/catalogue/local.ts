import type { FaultEntry } from "../entry.ts";

/** Wrong use, and what should not happen. */
export const LOCAL = {
  internal: {
    blame: "local",
    layer: "usage",
    text: "An internal error occurred ({what}).",
    cure: "This is a defect of Tieline. Please report it with the log of that moment.",
    wsman: { code: 1359, side: "Receiver", subcode: "w:InternalError" },
    http: 500,
  },
  usage: {
    blame: "local",
    layer: "usage",
    text: "{what}",
    cure: "{hint}",
  },
  interrupted: {
    blame: "local",
    layer: "usage",
    text: "Interrupted.",
    cure: "Run the command again when you are ready.",
  },
  "file-unreadable": {
    blame: "environment",
    layer: "input",
    text: "The file {path} cannot be read ({reason}).",
    cure: "Check that it exists and that you may read it.",
  },
  "file-not-pem": {
    blame: "environment",
    layer: "input",
    text: "The file {path} holds no certificate in PEM form.",
    cure: "Name a file with a -----BEGIN CERTIFICATE----- block.",
  },
  "client-certificate-unusable": {
    blame: "environment",
    layer: "input",
    text: "The client certificate in {path} cannot be used ({reason}).",
    why: "Its private key is missing or belongs to another certificate, or the passphrase is wrong.",
    cure: "Name the private key with --key-file FILE, and give its passphrase in TIELINE_PASSPHRASE.",
  },
  "port-taken": {
    blame: "environment",
    layer: "usage",
    text: "Port {port} of {address} is in use by another program.",
    cure: "Stop that program, or choose another port with {option}.",
  },
  "port-denied": {
    blame: "environment",
    layer: "usage",
    text: "Listening on port {port} of {address} is not permitted ({reason}).",
    cure: "Choose a port above 1023, or an address of this machine.",
  },
} as const satisfies Record<string, FaultEntry>;
