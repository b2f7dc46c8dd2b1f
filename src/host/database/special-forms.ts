import type { Compiler } from './compiler.ts'
import type { Dialect } from './dialect.ts'
import { compare, truthOf } from './operators.ts'
import type { Compiled } from './scope.ts'
import { commonType } from './value.ts'

/** Functions that do not evaluate all their arguments: `IF(1=1, SLEEP(5), 0)` sleeps, `IF(1=2, …)` does not. */
interface SpecialForm {
  dialects: readonly Dialect['name'][]
  arity: readonly [number, number]
  compile(args: Compiled[], compiler: Compiler): Compiled
}

const coalesce: SpecialForm['compile'] = (args) => ({
  type: args.map((arg) => arg.type).reduce(commonType),
  run: (frame) => {
    for (const arg of args) {
      const value = arg.run(frame)
      if (value !== null) return value
    }
    return null
  },
})

const iif: SpecialForm['compile'] = (args, { dialect }) => {
  const [test, yes, no] = args as [Compiled, Compiled, Compiled]
  return { type: commonType(yes.type, no.type), run: (frame) => (truthOf(test.run(frame), dialect) ? yes : no).run(frame) }
}

const nullif: SpecialForm['compile'] = (args, { dialect }) => {
  const [a, b] = args as [Compiled, Compiled]
  return {
    type: a.type,
    run: (frame) => {
      const value = a.run(frame)
      return value !== null && compare(value, b.run(frame), dialect) === 0 ? null : value
    },
  }
}

const nvl2: SpecialForm['compile'] = (args) => {
  const [test, yes, no] = args as [Compiled, Compiled, Compiled]
  return { type: commonType(yes.type, no.type), run: (frame) => (test.run(frame) === null ? no : yes).run(frame) }
}

/** DECODE(x, a, 1, b, 2, 3); NULL equals NULL here. */
const decode: SpecialForm['compile'] = ([subject, ...rest], { dialect }) => {
  const results = rest.filter((_, i) => i % 2 === 1 || i === rest.length - 1)
  return {
    type: results.map((result) => result.type).reduce(commonType),
    run: (frame) => {
      const value = (subject as Compiled).run(frame)
      for (let i = 0; i + 1 < rest.length; i += 2) {
        const wanted = (rest[i] as Compiled).run(frame)
        if (value === null || wanted === null ? value === wanted : compare(value, wanted, dialect) === 0)
          return (rest[i + 1] as Compiled).run(frame)
      }
      return rest.length % 2 === 1 ? (rest.at(-1) as Compiled).run(frame) : null
    },
  }
}

export const LAZY: Record<string, SpecialForm> = {
  coalesce: { dialects: ['mysql', 'postgresql', 'mssql', 'oracle'], arity: [1, 100], compile: coalesce },
  nullif: { dialects: ['mysql', 'postgresql', 'mssql', 'oracle'], arity: [2, 2], compile: nullif },
  ifnull: { dialects: ['mysql'], arity: [2, 2], compile: coalesce },
  nvl: { dialects: ['mysql', 'oracle'], arity: [2, 2], compile: coalesce },
  nvl2: { dialects: ['oracle'], arity: [3, 3], compile: nvl2 },
  decode: { dialects: ['oracle'], arity: [3, 255], compile: decode },
  isnull: { dialects: ['mssql'], arity: [2, 2], compile: coalesce },
  pg_typeof: {
    dialects: ['postgresql'],
    arity: [1, 1],
    compile: ([arg], { dialect }) => {
      const { type, isUntyped } = arg as Compiled
      return { type: { kind: 'text', declared: 'regtype' }, run: () => (isUntyped ? 'unknown' : dialect.typeName(type)) }
    },
  },
  if: { dialects: ['mysql'], arity: [3, 3], compile: iif },
  iif: { dialects: ['mssql'], arity: [3, 3], compile: iif },
}
