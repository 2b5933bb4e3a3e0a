/** A door of the service and what is thrown at it. */
import type { Chance } from "./chance.ts";
import type { Outcome } from "./finding.ts";
import type { Service } from "./service.ts";

export interface Door {
  name: string;
  /** Its share of the inputs. */
  weight: number;
  /**
   * The least share of inputs that must be accepted: below it the damage is so rough that nothing behind the first
   * check is reached. Chosen at about half of what was seen.
   */
  floor: number;
  /** One input from first byte to last. @throws Finding */
  run: (service: Service, chance: Chance) => Promise<Outcome>;
  /** Lets go of what it held between inputs. */
  close?: () => Promise<void>;
}
