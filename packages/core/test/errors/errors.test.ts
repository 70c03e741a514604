import { describe, expect, test, vi } from 'vitest'
import * as one from '../../src/index.js'

// Loads the package a second time, as a program does that has two versions of it.
vi.resetModules()
const other = await import('../../src/index.js')

describe('an error is known to another copy of the package', () => {
  test('which is really another one', () => {
    expect(other.LockError).not.toBe(one.LockError)
    expect(new other.LockError('LOCK_BUSY', 'busy')).not.toBeInstanceOf(one.LockError)
  })

  test('as a LockError, by its code', () => {
    const error: unknown = new other.LockError('LOCK_BUSY', 'busy')
    expect([one.isLockError(error), one.isLockError(error, 'LOCK_BUSY'), one.isLockError(error, 'LOCK_LOST')]).toEqual([
      true,
      true,
      false,
    ])
  })

  test('as a BackendError', () => {
    expect(one.isBackendError(new other.BackendError('down', { executed: 'no' }))).toBe(true)
  })
})

describe('what is not an error of ours', () => {
  test.each([undefined, null, 'LOCK_BUSY', 1, {}, { code: 'LOCK_BUSY', name: 'LockError' }, new Error('LOCK_BUSY')])(
    'is not taken for one: %s',
    (value) => {
      expect([one.isLockError(value), one.isLockError(value, 'LOCK_BUSY'), one.isBackendError(value)]).toEqual([
        false,
        false,
        false,
      ])
    },
  )

  test('a LockError is no BackendError, and the other way round', () => {
    expect(one.isBackendError(new one.LockError('LOCK_BACKEND', 'x'))).toBe(false)
    expect(one.isLockError(new one.BackendError('x', { executed: 'no' }))).toBe(false)
  })
})

describe('an error', () => {
  test('carries its code, its message and its cause', () => {
    const cause = new Error('why')
    const error = new one.LockError('LOCK_BACKEND', 'what', { cause })
    expect([error.name, error.code, error.message, error.cause]).toEqual(['LockError', 'LOCK_BACKEND', 'what', cause])
    expect('cause' in new one.LockError('LOCK_BUSY', 'busy')).toBe(false)
  })

  test('of a backend says whether it was executed, and may be retried unless it says no', () => {
    expect(new one.BackendError('x', { executed: 'unknown' })).toMatchObject({ executed: 'unknown', retryable: true })
    expect(new one.BackendError('x', { executed: 'no', retryable: false })).toMatchObject({ retryable: false })
  })

  test('shows no marker', () => {
    expect(Object.keys(new one.LockError('LOCK_BUSY', 'x'))).toEqual(['name', 'code'])
    expect(Object.getOwnPropertySymbols(Object.assign({}, new one.LockError('LOCK_BUSY', 'x')))).toEqual([])
  })
})
