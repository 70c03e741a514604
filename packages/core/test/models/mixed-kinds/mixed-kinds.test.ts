import { test } from 'vitest'
import { memoryBackend, memoryStore } from '../../../src/index.js'
import { virtualClock } from '../../support/clock.js'
import { allowOneMinute } from '../../support/time-limit.js'
import { memoryStage } from './memory.js'
import { play } from './play.js'
import { everyHistory } from './property.js'

allowOneMinute()

test('exclusive, reader and semaphore claims on one name, whatever happens: as the model says', async () => {
  await everyHistory(
    async (history) => {
      const clock = virtualClock()
      const store = memoryStore()
      const backends = [1, 2].map(() => memoryBackend({ clock, store }))
      await play(history, memoryStage(clock, store, backends))
    },
    { runs: 1_000 },
  )
})
