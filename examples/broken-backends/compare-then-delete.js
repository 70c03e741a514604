import { setImmediate as nextTurn } from 'node:timers/promises'
import { broken } from './broken.js'

// GET, compare, DEL: between the first command and the last, the lease can end and another owner can take the name. The
// release then deletes the lease of the successor. A store needs one atomic step for both.
export default broken('compare, then delete', (right, { store }) => ({
  release: async (ownership) => {
    const holder = (await right.inspect(ownership.name))?.holders[0]?.owner
    if (holder !== ownership.owner || ownership.keepMs !== undefined) return right.release(ownership)
    await nextTurn()
    store.names.get(ownership.name)?.holders.clear()
    return 'released'
  },
}))
