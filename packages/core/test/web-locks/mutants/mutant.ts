import type { Origin } from '../spec-model.js'

/** A model that departs from the specification in one way. */
export interface Mutant {
  /** The mistake of the model. */
  readonly name: string
  readonly origin: () => Origin
}

export const mutant = (name: string, Wrong: new () => Origin): Mutant => ({ name, origin: () => new Wrong() })
