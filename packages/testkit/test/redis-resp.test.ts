import { describe, expect, test } from 'vitest'
import { encodeCommand, readCommand, readReply, type Reply } from '../src/redis/wire/resp.js'
import { createSplitter } from '../src/redis/wire/stream.js'

const replyTo = (text: string): Reply | undefined => readReply(Buffer.from(text))?.value

describe('readReply', () => {
  test.each<[string, Reply]>([
    ['+OK\r\n', 'OK'],
    [':42\r\n', 42],
    [':9007199254740993\r\n', 9007199254740993n],
    ['$5\r\nhe\r\no\r\n', 'he\r\no'],
    ['$0\r\n\r\n', ''],
    ['$-1\r\n', null],
    ['*-1\r\n', null],
    ['*0\r\n', []],
    ['*3\r\n:1\r\n$1\r\na\r\n*1\r\n$-1\r\n', [1, 'a', [null]]],
    ['_\r\n', null],
    ['#t\r\n', true],
    [',1.5\r\n', 1.5],
    [',-inf\r\n', -Infinity],
    ['(12345678901234567890\r\n', 12345678901234567890n],
    ['=7\r\ntxt:abc\r\n', 'abc'],
    ['%1\r\n+a\r\n:1\r\n', ['a', 1]],
    ['~1\r\n+a\r\n', ['a']],
    ['|1\r\n+ttl\r\n:1\r\n+value\r\n', 'value'],
  ])('reads %j', (text, value) => {
    expect(replyTo(text)).toEqual(value)
  })

  test('makes an error of an error, nested ones too', () => {
    expect(replyTo('-ERR no\r\n')).toMatchObject({ name: 'ReplyError', message: 'ERR no' })
    expect(replyTo('!7\r\nERR bad\r\n')).toMatchObject({ message: 'ERR bad' })
    expect(replyTo('*2\r\n:1\r\n-ERR no\r\n')).toMatchObject([1, { message: 'ERR no' }])
  })

  test('distinguishes a push from a reply', () => {
    expect(readReply(Buffer.from('>1\r\n+a\r\n'))?.push).toBe(true)
    expect(readReply(Buffer.from('*1\r\n+a\r\n'))?.push).toBe(false)
  })

  test('refuses what is no reply', () => {
    expect(() => replyTo('HTTP/1.1 400 Bad Request\r\n')).toThrow(SyntaxError)
    expect(() => replyTo('$EOF:abc\r\n')).toThrow(SyntaxError)
  })
})

describe('readCommand', () => {
  test('reads what encodeCommand writes', () => {
    const words = ['SET', 'ключ', '', 'a\r\nb']
    expect(readCommand(encodeCommand(words))?.words).toEqual(words)
  })

  test('reads a plain line', () => {
    expect(readCommand(Buffer.from('PING  hello\r\n'))).toEqual({ words: ['PING', 'hello'], end: 13 })
    expect(readCommand(Buffer.from('\r\n'))).toEqual({ words: [], end: 2 })
  })
})

describe('createSplitter', () => {
  const stream = Buffer.concat([encodeCommand(['SET', 'k', 'v'.repeat(50)]), encodeCommand(['GET', 'ü'])])

  test.each([1, 2, 3, 7, 1000])('finds the same commands in packets of %i bytes', (size) => {
    const split = createSplitter(readCommand)
    const pieces = []
    for (let start = 0; start < stream.length; start += size)
      pieces.push(...split(stream.subarray(start, start + size)))
    expect(pieces.map(({ frame }) => frame?.words)).toEqual([
      ['SET', 'k', 'v'.repeat(50)],
      ['GET', 'ü'],
    ])
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(stream)
  })

  test('hands on a stream that makes no sense as it comes', () => {
    const split = createSplitter(readReply)
    const pieces = [...split(Buffer.from('+OK\r\nnonsense\r\n+O')), ...split(Buffer.from('K\r\n'))]
    expect(pieces.map(({ bytes, frame }) => [bytes.toString(), frame?.value])).toEqual([
      ['+OK\r\n', 'OK'],
      ['nonsense\r\n+O', undefined],
      ['K\r\n', undefined],
    ])
  })
})
