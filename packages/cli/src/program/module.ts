/** Commands around stock PowerShell: `module`, `bridge`. */
import type { Declare } from "./options.ts";

export const declareModule: Declare = () => undefined;
