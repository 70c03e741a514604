import type { Engine } from './engine/engine.js'
import type { AcquireSettings } from './options/settings.js'

/** The parts of a locker that `toLockManager` uses, and callers do not see. */
export interface LockerInternals {
  readonly engine: Engine
  readonly defaults: AcquireSettings
}

export const internalsOf: WeakMap<object, LockerInternals> = new WeakMap()
