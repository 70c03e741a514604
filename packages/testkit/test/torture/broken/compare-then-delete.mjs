import { target } from './simple.mjs'

// Between the two commands the lease may end, and another owner may take the name: its lock is deleted.
export default target('compare, then delete', (_, command) => ({
  release: async ({ name, owner }) => {
    if ((await command('GET', `{${name}}`)) !== owner) return 'not-held'
    await command('DEL', `{${name}}`)
    return 'released'
  },
}))
