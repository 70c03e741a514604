import type { RequestArguments } from '../spec-arguments.js'
import { type LockRequest, Origin } from '../spec-model.js'
import { type Mutant, mutant } from './mutant.js'

const LONG = 1_000

/** A model that keeps names in another form. */
const storing = (name: string, form: (name: string) => string): Mutant =>
  mutant(
    name,
    class extends Origin {
      override convert(args: readonly unknown[]): RequestArguments {
        const converted = super.convert(args)
        return { ...converted, name: form(converted.name) }
      }
    },
  )

/** Models that are wrong about names, or about some names only. */
export const nameMutants: readonly Mutant[] = [
  storing('takes long names that begin alike for one', (name) => name.slice(0, LONG)),
  storing('takes names that become one in UTF-8 for one', (name) => name.toWellFormed()),
  storing('takes an escape for what it stands for', (name) =>
    name.replace(/%([0-9A-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  ),
  mutant(
    'leaves an aborted request in the queue when its name is long',
    class extends Origin {
      override abortRequest(request: LockRequest): void {
        if (request.name.length <= LONG) super.abortRequest(request)
      }
    },
  ),
  mutant(
    'calls back an aborted request when its name is long',
    class extends Origin {
      override signalToAbort(request: LockRequest): void {
        if (request.name.length <= LONG) super.signalToAbort(request)
      }
    },
  ),
]
