import { expect, it } from 'vitest'
import type { Connection } from '../../src/store/postgres/connection.ts'
import { ConnectionPool } from '../../src/store/postgres/pool.ts'

it('takes no connection that the server has ended meanwhile', async () => {
  const made: { isOpen: boolean; isClosed: boolean }[] = []
  const pool = new ConnectionPool(async () => {
    const one = { isOpen: true, isClosed: false }
    made.push(one)
    return {
      get isOpen() {
        return one.isOpen
      },
      async query() {
        if (!one.isOpen) throw new Error('Connection terminated unexpectedly')
        return []
      },
      copy: async () => undefined,
      async close() {
        one.isClosed = true
      },
    } satisfies Connection
  })
  const ask = (): Promise<unknown> => pool.use((connection) => connection.query('SELECT 1'))
  await Promise.all([ask(), ask(), ask(), ask()])
  expect(made).toHaveLength(4)
  // The server restarts.
  for (const one of made) one.isOpen = false
  await Promise.all([ask(), ask(), ask(), ask(), ask()])
  expect(made.filter(({ isClosed }) => isClosed)).toHaveLength(4)
  expect(made).toHaveLength(8)
})
