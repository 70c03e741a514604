// Prints which server the ladder finds here.
import { findRedisServer } from '@holdfast/testkit/redis'

console.log((await findRedisServer()).description)
