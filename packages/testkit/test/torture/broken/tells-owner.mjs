import { target } from './simple.mjs'

// The message of an error is shown to people, and is written into logs.
export default target('an error with the owner in it', (right) => ({
  release: async (ownership) => {
    const outcome = await right.release(ownership)
    if (outcome === 'not-held') console.error(`not held by ${ownership.owner}`)
    return outcome
  },
}))
