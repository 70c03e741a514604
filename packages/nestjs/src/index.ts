export { currentLease } from './current-lease.js'
export {
  type IfBusy,
  Locked,
  type LockedMethod,
  type LockedOptions,
  type LockNames,
  type SkippedMethod,
} from './locked.js'
export { HoldfastModule } from './module.js'
export type {
  HoldfastAsyncOptions,
  HoldfastCloseOptions,
  HoldfastLockerOptions,
  HoldfastOptions,
  HoldfastOptionsFactory,
  HoldfastReadyLocker,
  HoldfastRegistration,
} from './options.js'
export { getLockerToken, InjectLocker } from './tokens.js'
