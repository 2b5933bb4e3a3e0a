/** ShouldProcess and ShouldContinue: -WhatIf, -Confirm, the impact of a command, and the answers "to all". */
import type { Binding } from "../binder/binding.ts";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import type { Host, MaybePromise } from "../cmdlet/context.ts";
import type { ErrorRecordParts } from "../errors/error-record.ts";
import { andThen } from "./maybe-promise.ts";
import { IMPACTS, type Preferences } from "./preferences.ts";

const CHOICES = [
  { label: "&Yes", help: "Continue with only the next step of the operation." },
  { label: "Yes to &All", help: "Continue with all the steps of the operation." },
  { label: "&No", help: "Skip this operation and proceed with the next operation." },
  { label: "No to A&ll", help: "Skip this operation and all subsequent operations." },
] as const;

export interface ConfirmationVoice {
  verbose(text: string): void;
  fail(parts: ErrorRecordParts): never;
}

export class Confirmation {
  readonly whatIf: boolean;
  readonly #command: Cmdlet;
  readonly #host: Host | undefined;
  readonly #voice: ConfirmationVoice;
  readonly #ask: boolean;
  /** The answer for everything that follows. */
  #forAll: boolean | undefined;

  constructor(command: Cmdlet, binding: Binding, preferences: Preferences, host: Host | undefined, voice: ConfirmationVoice) {
    this.#command = command;
    this.#host = host;
    this.#voice = voice;
    const { supportsShouldProcess = false, confirmImpact = "Medium" } = command.declaration;
    const whatIf = binding.common("WhatIf");
    this.whatIf = supportsShouldProcess && (whatIf === undefined ? preferences.whatIf : whatIf === true);
    const confirm = binding.common("Confirm");
    const impact = IMPACTS.indexOf(confirmImpact);
    const threshold = IMPACTS.indexOf(preferences.confirm);
    this.#ask = supportsShouldProcess && (confirm === undefined ? threshold > 0 && impact >= threshold : confirm === true);
  }

  shouldProcess(target: string, action: string = this.#command.name): MaybePromise<boolean> {
    const operation = `Performing the operation "${action}" on target "${target}".`;
    if (this.whatIf) return andThen(this.#host?.writeLine(`What if: ${operation}`), () => false);
    if (!this.#ask) {
      this.#voice.verbose(operation);
      return true;
    }
    return this.#choose("Confirm", `Are you sure you want to perform this action?\n${operation}`);
  }

  shouldContinue(query: string, caption: string): MaybePromise<boolean> {
    return this.#choose(caption, query);
  }

  #choose(caption: string, message: string): MaybePromise<boolean> {
    if (this.#forAll !== undefined) return this.#forAll;
    if (this.#host === undefined) {
      this.#voice.fail({
        message: `${this.#command.name} asks for confirmation, and nobody is there to answer. Repeat the command with -Confirm:$false if that is what you want.`,
        id: "ConfirmationNotPossible",
        category: "InvalidOperation",
        type: "PSInvalidOperationException",
      });
    }
    return andThen(this.#host.promptForChoice(caption, message, CHOICES, 0), (choice) => {
      if (choice === 1) this.#forAll = true;
      if (choice === 3) this.#forAll = false;
      return choice === 0 || choice === 1;
    });
  }
}
