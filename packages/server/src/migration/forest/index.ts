/** The forest behind a deployment. */
export type * from "./forest.ts";

/** The forest with what this deployment has written to it and not yet seen there. */
export interface DeploymentForest {
  readonly name: string;
}
