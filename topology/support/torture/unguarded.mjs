// Writers that look at their lease and then write, without the guard.
import { postgresTarget } from '../../../scripts/torture/postgres/target.mjs'

export default postgresTarget({ name: 'no guard', guard: async () => {} })
