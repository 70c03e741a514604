// What servers of every product need: everything that this folder takes from another one.
export { aptOptions, neededBy, type Apt } from '../redis/apt-download.js'
export { cacheFolder } from '../redis/cache-folder.js'
export { engineMissing } from '../redis/engine.js'
export { freePort } from '../redis/port.js'
export { onPath, run } from '../redis/run.js'
export { reasonOf } from '../redis/rung.js'
export { sleep, within } from '../redis/sleep.js'
export { supervise, type Supervised } from '../redis/supervise.js'
