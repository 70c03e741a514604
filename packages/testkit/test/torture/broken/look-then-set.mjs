import { target } from './simple.mjs'

// Between the two commands another owner may take the name.
export default target('look, then set', (right, command) => ({
  acquire: async (claim) => {
    if ((await command('GET', `{${claim.name}}`)) === null)
      await command('SET', `{${claim.name}}`, claim.owner, 'PX', `${claim.ttlMs}`)
    return right.acquire(claim)
  },
}))
