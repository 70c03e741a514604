import { Inject } from '@nestjs/common'

// Nest shows a token where it is not found: the text says where it comes from.
const LOCKER = 'locker of HoldfastModule.forRoot'

/**
 * The token under which Nest knows a locker, for `inject`, `ModuleRef.get` and `overrideProvider`.
 * @param name the `name` of its module. Default: the locker of a module without a name.
 * @throws TypeError for a name that is no text or empty.
 */
export function getLockerToken(name?: string): string {
  if (name === undefined) return LOCKER
  if (typeof name !== 'string' || name === '')
    throw new TypeError('the name of a locker must be a text that is not empty')
  return `${LOCKER}, name: ${JSON.stringify(name)}`
}

/**
 * Injects a locker, as a parameter of a constructor or as a property.
 * @param name the `name` of its module. Default: the locker of a module without a name.
 * @example
 * constructor(@InjectLocker() private readonly locks: Locker) {}
 */
export function InjectLocker(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getLockerToken(name))
}
