import type { Engine } from './engine.js'
import type { Settings } from './options.js'

/** What other parts of this package need of a locker, and its users do not see. */
export interface Inner {
  readonly engine: Engine
  readonly defaults: Settings
}

export const inners: WeakMap<object, Inner> = new WeakMap()
