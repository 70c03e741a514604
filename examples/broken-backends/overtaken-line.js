import { setImmediate as nextTurn } from 'node:timers/promises'
import { broken } from './broken.js'

// A release frees the name, and moves the line on in a second step: a caller that asks between the two gets the name
// before all waiters. The store grants the name to the head of the line in the step that frees it.
export default broken('a line that is overtaken', (right, { store }) => ({
  release: async (ownership) => {
    const waiting = store.names.get(ownership.name)?.line.splice(0) ?? []
    const outcome = await right.release(ownership)
    await nextTurn()
    const state = store.names.get(ownership.name) ?? { holders: new Map(), line: [] }
    state.line.push(...waiting.filter(({ claim }) => claim.owner !== ownership.owner))
    store.names.set(ownership.name, state)
    await right.inspect(ownership.name)
    return outcome
  },
}))
