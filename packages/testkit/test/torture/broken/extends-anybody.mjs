import { target } from './simple.mjs'

// Whoever asks is told that it holds the name on.
export default target('an extension that ignores the owner', (_, command) => ({
  extend: (claims) =>
    Promise.all(
      claims.map(async ({ name, ttlMs }) => {
        const there = await command('PEXPIRE', `{${name}}`, `${ttlMs}`)
        return there === 1 ? { status: 'extended', validMs: ttlMs, fence: null } : { status: 'lost' }
      }),
    ),
}))
