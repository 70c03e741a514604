import { target } from './simple.mjs'

// A rejection without a handler ends the process that uses the backend.
export default target('a rejection that nobody waits for', (right) => ({
  extend: async (claims) => {
    const outcomes = await right.extend(claims)
    if (outcomes.some(({ status }) => status === 'lost')) void Promise.reject(new Error('lost'))
    return outcomes
  },
}))
