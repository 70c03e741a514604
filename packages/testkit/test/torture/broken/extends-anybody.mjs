import { target } from './simple.mjs'

// Every caller is answered that it still holds the name.
export default target('an extension that ignores the owner', (_, command) => ({
  extend: (claims) =>
    Promise.all(
      claims.map(async ({ name, ttlMs }) => {
        const there = await command('PEXPIRE', `{${name}}`, `${ttlMs}`)
        return there === 1 ? { status: 'extended', validMs: ttlMs, fence: null } : { status: 'lost' }
      }),
    ),
}))
