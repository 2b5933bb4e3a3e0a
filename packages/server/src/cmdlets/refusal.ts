/** What a cmdlet says when it refuses: one entry of a table. */
import type { ErrorCategory } from "@tieline/language";

export interface Refusal {
  id: string;
  category: ErrorCategory;
  /** Short or full name of the exception's type. */
  type: string;
  text: string;
  cure?: string;
}
