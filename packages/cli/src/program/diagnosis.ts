/** Commands that find out what is wrong: `doctor`, `explain`. */
import type { Declare } from "./options.ts";

export const declareDiagnosis: Declare = () => undefined;
