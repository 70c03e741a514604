import { EventEmitter } from 'node:events'
import type { WriteStream } from 'node:tty'
import { expect, test } from 'vitest'
import { openScreen } from '../src/show/screen.js'

test.each([
  ['that does not know its size shows all', { rows: 0, columns: 0 }, ['first line', 'second line', 'third line']],
  ['that has none shows all', {}, ['first line', 'second line', 'third line']],
  ['is not exceeded', { rows: 2, columns: 8 }, ['first l…', '… and 2…']],
])('a terminal %s', (_, size, shown) => {
  let written = ''
  const terminal = Object.assign(new EventEmitter(), size, { write: (text: string) => void (written += text) })
  using screen = openScreen(terminal as unknown as WriteStream)
  written = ''
  screen.draw(['first line', 'second line', 'third line'])
  // eslint-disable-next-line no-control-regex
  expect(written.replaceAll(/\u001B\[\??\d*[A-Za-z]/g, '').split('\r\n')).toEqual(shown)
})
