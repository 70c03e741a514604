import { afterAll, expect, test } from 'vitest'
import { drawAnew } from '../../support/chance.js'
import { allowOneMinute } from '../../support/time-limit.js'
import { everyCrowd, visited } from './crowd.js'

allowOneMinute()
afterAll(drawAnew)

test('whoever comes through three lockers for one name, exclusively or shared: nobody holds it who should not', async () => {
  let grants = 0
  let most = 0
  await everyCrowd(async (visits) => {
    const judge = await visited(visits)
    grants += judge.grants
    most = Math.max(most, judge.most)
  }, 300)
  // The histories were not empty.
  expect(grants).toBeGreaterThan(2_000)
  expect(most).toBeGreaterThan(2)
})
