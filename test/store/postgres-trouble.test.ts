import { expect, it } from 'vitest'
import { isCollision, isUnfit, placeOf, postgresTrouble } from '../../src/store/postgres/trouble.ts'
import { StoreError } from '../../src/store/trouble.ts'

const PLACE = placeOf('postgresql://sundew:secret@db.example/traps')

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code })

it('says what PostgreSQL refuses in words, and what to do; a password is not among them', () => {
  expect(PLACE).toBe('PostgreSQL at db.example:5432/traps')
  const known: [error: Error, words: RegExp][] = [
    [withCode('ECONNREFUSED'), /does not listen; start it/],
    [new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]), /does not listen/],
    [withCode('28P01'), /refuses the password; correct it/],
    [withCode('3D000'), /no such database; make it: createdb/],
    [withCode('42501'), /may not make or write the tables; make it the owner/],
    [withCode('42P01'), /there are no events; start Sundew/],
    [withCode('53100'), /the disk of .* is full; free space/],
    [withCode('53300'), /no connection free; raise max_connections/],
    [withCode('57P01'), /was shut down; start it again/],
    [new Error('Query read timeout'), /does not answer \(Query read timeout\); look whether it runs/],
    [withCode('XX000', 'internal'), /internal; look into the log/],
    [new StoreError({ what: 'a newer version', cure: 'run it' }), /^a newer version; run it/],
  ]
  for (const [error, words] of known) {
    const { what, cure } = postgresTrouble(error, PLACE)
    expect(`${what}; ${cure}`.replace(` in ${PLACE}`, '')).toMatch(words)
  }
})

it('tells what the same again will do from what it never will, and both from a server in trouble', () => {
  const kind = (error: Error): string => (isCollision(error) ? 'again' : isUnfit(error) ? 'never' : 'trouble')
  const kinds = [
    '40001',
    '40P01',
    '55P03',
    '23514',
    '21000',
    '22003',
    '22021',
    '54000',
    '53100',
    '53200',
    '57P01',
    '57014',
    '42P01',
    'ECONNRESET',
  ]
  expect(kinds.map((code) => kind(withCode(code)))).toEqual([
    ...Array(4).fill('again'),
    ...Array(4).fill('never'),
    ...Array(6).fill('trouble'),
  ])
  expect([new TypeError('x'), new Error('timeout')].map(kind)).toEqual(['never', 'trouble'])
})
