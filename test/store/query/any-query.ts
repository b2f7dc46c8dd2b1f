import fc from 'fast-check'
import type { Query } from '../../../src/store/query/query.ts'

/** Words that sample sessions have, and some that none has. */
export const WORDS = [
  'ssh',
  'redis',
  '192.0.2.1',
  '192.0.2.*',
  'root',
  'admin',
  'wget',
  'uname -a',
  'llm',
  'static',
  'T1105',
  '%',
  '_',
  'x"y\\z',
]

const leaf: fc.Arbitrary<Query> = fc.oneof(
  fc.record({
    kind: fc.constant('is' as const),
    field: fc.constantFrom('lure' as const, 'src_ip' as const, 'username' as const, 'input' as const, 'source' as const, 'attack' as const),
    value: fc.oneof(fc.constantFrom(...WORDS), fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', '*', ' ', '"', '\\', ':', 'é') })),
  }),
  fc.record({
    kind: fc.constant('compare' as const),
    field: fc.constantFrom('turns' as const, 'logins' as const, 'port' as const),
    operator: fc.constantFrom('<' as const, '<=' as const, '=' as const, '>=' as const, '>' as const),
    value: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(22, 6379)),
  }),
  fc.record({ kind: fc.constant('exists' as const), field: fc.constantFrom('attack' as const, 'username' as const, 'input' as const) }),
  fc.record({ kind: fc.constant('text' as const), text: fc.constantFrom('wget', 'una', 'a', 'nothing has this') }),
)

/** Any query that the parser can give: neighbours of one kind are one, as it makes them. */
export const anyQuery: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ kind: fc.constant('not' as const), part: tie('query') }),
    fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('query'), { minLength: 2, maxLength: 3 })).map(joined),
  ),
})).query

function joined([kind, parts]: ['and' | 'or', Query[]]): Query {
  return { kind, parts: parts.flatMap((part) => (part.kind === kind ? part.parts : [part])) }
}
