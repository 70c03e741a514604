import { type HeldLock, type LockRequest, Origin } from '../spec-model.js'
import type { RequestedOptions } from '../spec-arguments.js'
import { type Mutant, mutant } from './mutant.js'

export const stealMutants: readonly Mutant[] = [
  mutant(
    'drops those who wait at a steal',
    class extends Origin {
      override stealFrom(request: LockRequest): void {
        super.stealFrom(request)
        this.queueOf(request.name).length = 0
      }
    },
  ),
  mutant(
    'rejects those who wait at a steal',
    class extends Origin {
      override stealFrom(request: LockRequest): void {
        super.stealFrom(request)
        for (const { promise } of this.queueOf(request.name).splice(0))
          promise.reject(new DOMException('stolen', 'AbortError'))
      }
    },
  ),
  mutant(
    'lets a stealer in behind those who wait',
    class extends Origin {
      override admit(request: LockRequest, options: RequestedOptions): void {
        if (options.steal) this.stealFrom(request)
        super.admit(request, { ...options, steal: false })
      }
    },
  ),
  mutant(
    'does not steal',
    class extends Origin {
      override stealFrom(): void {}
    },
  ),
  mutant(
    'does not reject who is stolen from',
    class extends Origin {
      override stealFrom({ name }: LockRequest): void {
        for (const lock of this.held) if (lock.name === name) this.held.delete(lock)
      }
    },
  ),
  mutant(
    'rejects who is stolen from only when their callback ends',
    class extends Origin {
      readonly stolen = new Set<HeldLock>()
      override stealFrom({ name }: LockRequest): void {
        for (const lock of this.held) {
          if (lock.name !== name) continue
          this.held.delete(lock)
          this.stolen.add(lock)
        }
      }
      override whenDone(lock: HeldLock, waiting: Promise<unknown>): void {
        if (this.stolen.has(lock)) lock.released.reject(new DOMException('stolen', 'AbortError'))
        else super.whenDone(lock, waiting)
      }
    },
  ),
  mutant(
    'steals from one of several readers',
    class extends Origin {
      override stealFrom(request: LockRequest): void {
        const [first, ...rest] = [...this.held].filter(({ name }) => name === request.name)
        for (const lock of rest) this.held.delete(lock)
        if (first !== undefined) super.stealFrom(request)
      }
    },
  ),
  mutant(
    'steals only from its own client',
    class extends Origin {
      override stealFrom(request: LockRequest): void {
        const others = [...this.held].filter(({ client }) => client !== request.client)
        for (const lock of others) this.held.delete(lock)
        super.stealFrom(request)
        for (const lock of others) this.held.add(lock)
      }
    },
  ),
  mutant(
    'steals every name',
    class extends Origin {
      override stealFrom(request: LockRequest): void {
        for (const { name } of [...this.held]) super.stealFrom({ ...request, name })
      }
    },
  ),
  mutant(
    'rejects with an Error that is no DOMException',
    class extends Origin {
      override stealFrom({ name }: LockRequest): void {
        for (const lock of this.held) {
          if (lock.name !== name) continue
          this.held.delete(lock)
          lock.released.reject(Object.assign(new Error('stolen'), { name: 'AbortError' }))
        }
      }
    },
  ),
  mutant(
    'frees the name when a stolen callback ends',
    class extends Origin {
      override releaseLock(lock: HeldLock): void {
        for (const other of this.held)
          if (other.name === lock.name && lock.mode === 'exclusive') this.held.delete(other)
        super.releaseLock(lock)
      }
    },
  ),
  mutant(
    'lets those who wait in when a stolen callback ends',
    class extends Origin {
      override releaseLock(lock: HeldLock): void {
        const [next] = this.queueOf(lock.name)
        if (!this.held.has(lock) && next !== undefined) this.grant(next, this.queueOf(lock.name))
        else super.releaseLock(lock)
      }
    },
  ),
  mutant(
    'does not call back who was stolen from in the same tick',
    class extends Origin {
      override callBack(request: LockRequest, lock: HeldLock): void {
        if (this.held.has(lock)) super.callBack(request, lock)
      }
    },
  ),
]
