/** Thrown by a command that wants no more input: the commands before it end at once, those after it go on to their end. */
export class StopUpstream extends Error {
  /** The stage that has enough. */
  readonly stage: number;
  constructor(stage: number) {
    super("The pipeline needs no more input.");
    this.name = "StopUpstream";
    this.stage = stage;
  }
}
