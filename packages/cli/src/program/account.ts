/** Commands for accounts that stay signed in: `account`. */
import type { Declare } from "./options.ts";

export const declareAccount: Declare = () => undefined;
