import { PhpGenerator } from '../generator.ts'
import type { Steps } from '../outcome.ts'
import { isTrue, PhpArray, PhpObject, textOf, toInt, type Value } from '../value.ts'
import type { Natives } from './native.ts'

/** Functions that call others, and those that turn on how a script goes on. */
export const CALLS: Natives = {
  call_user_func: function* ([callee = null, ...args], php): Steps<Value> {
    return yield* php.callValue(callee, args)
  },
  call_user_func_array: function* ([callee = null, args], php): Steps<Value> {
    return yield* php.callValue(callee, args instanceof PhpArray ? args.values() : [])
  },
  func_get_args: (_, php) => PhpArray.of(php.frames.at(-2)?.args ?? []),
  func_num_args: (_, php) => BigInt(php.frames.at(-2)?.args.length ?? 0),
  func_get_arg: ([n = 0n], php) => php.frames.at(-2)?.args[Number(n)] ?? null,
  register_shutdown_function: ([callee = null, ...args], php) => {
    php.atEnd.push({ callee, args })
    return null
  },
  set_error_handler: ([callee = null], php) => {
    const before = php.errorHandler
    php.errorHandler = callee
    return before
  },
  restore_error_handler: () => true,
  set_exception_handler: ([callee = null], php) => {
    const before = php.exceptionHandler
    php.exceptionHandler = callee
    return before
  },
  trigger_error: ([text = '', level = 1024n], php) => {
    php.frames.pop()
    const name =
      toInt(level) === 512n ? 'Warning' : toInt(level) === 256n ? 'Fatal error' : toInt(level) === 1024n ? 'Notice' : 'Deprecated'
    php.report(name, textOf(text))
    php.enter(php.frame)
    return true
  },
  assert: ([value = true], php) => isTrue(value) || php.frames.length > 0,
  create_function: (_, php) => {
    php.frames.pop()
    return php.fail('Error', 'Call to undefined function create_function()')
  },
  error_get_last: (_, php) => php.lastError ?? null,
  error_clear_last: (_, php) => {
    php.lastError = undefined
    return null
  },
  debug_backtrace: () => new PhpArray(),
  iterator_to_array: function* ([iterator], php): Steps<Value> {
    const array = new PhpArray()
    if (iterator instanceof PhpArray) return iterator.copy()
    if (!(iterator instanceof PhpGenerator)) return array
    while ((yield* iterator.call(php, 'valid', [])) === true) {
      php.item()
      const key = yield* iterator.call(php, 'key', [])
      array.set(typeof key === 'bigint' ? Number(key) : textOf(key ?? ''), (yield* iterator.call(php, 'current', [])) ?? null)
      yield* iterator.call(php, 'next', [])
    }
    return array
  },
  get_called_class: (_, php) => php.frames.at(-2)?.called?.name ?? false,
  forward_static_call: function* ([callee = null, ...args], php): Steps<Value> {
    if (callee instanceof PhpArray && !(callee.get(0) instanceof PhpObject)) yield* php.staticClass(textOf(callee.get(0) ?? ''))
    return yield* php.callValue(callee, args)
  },
}
