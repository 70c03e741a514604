import { target } from './simple.mjs'

// The counter is deleted with the lock: the fences of the next holder begin anew.
export default target('fences that begin anew', (right, command) => ({
  release: async (ownership) => {
    const outcome = await right.release(ownership)
    if (outcome === 'released') await command('DEL', `{${ownership.name}}:counter`)
    return outcome
  },
}))
