import { afterAll, expect } from 'vitest'

// Whatever a fault does, no rejection of ours may be left without somebody who handles it: Node would end the process.
const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

afterAll(() => expect(unhandled, 'unhandled rejections').toEqual([]))
