import type { Engine } from './engine/engine.js'
import type { AcquireSettings } from './options/settings.js'

/** What other parts of this package need of a locker, and its users do not see. */
export interface LockerInternals {
  readonly engine: Engine
  readonly defaults: AcquireSettings
}

export const internalsOf: WeakMap<object, LockerInternals> = new WeakMap()
