export { toLockManager } from './manager.js'
export type { WebLock, WebLockInfo, WebLockManager, WebLockOptions, WebLockSnapshot } from './types.js'
