// One PostgreSQL with mixed clients: pg, postgres, and pg through PgBouncer where that can be had.
import { postgresTarget } from './postgres/target.mjs'

export default postgresTarget()
