import { expect, test } from 'vitest'
import { hide } from '../src/secrets.js'

test('a message shows no credential, of whichever kind', () => {
  const text = 'refused my/pass at redis://user:pass1@host/0?sig=query1: Authorization: Bearer bearer1, token=token1'
  const shown = hide(text, ['my/pass'])
  for (const secret of ['my/pass', 'pass1', 'query1', 'bearer1', 'token1']) expect(shown).not.toContain(secret)
  expect(shown).toContain('host/0')
})
