// The tools for servers of every product: all imports of this folder from another folder.
export { aptOptions, neededBy, type Apt } from '../redis/find/debian/apt-download.js'
export { cacheFolder } from '../redis/find/debian/cache-folder.js'
export { engineMissing } from '../redis/find/docker-engine.js'
export { freePort } from '../redis/process/port.js'
export { onPath, run } from '../redis/process/exec.js'
export { reasonOf } from '../redis/find/source.js'
export { sleep, within } from '../redis/process/sleep.js'
export { supervise, type Supervised } from '../redis/process/supervise.js'
