import { expect, it } from 'vitest'
import type { Connection } from '../../src/store/postgres/connection.ts'
import { ConnectionPool } from '../../src/store/postgres/pool.ts'

interface Made {
  isOpen: boolean
  isClosed: boolean
}

/** A pool of connections whose questions are answered in the next turn; those about `bad` fail. */
function poolOf(made: Made[], connecting: () => void = () => undefined): ConnectionPool {
  return new ConnectionPool(async () => {
    connecting()
    const one = { isOpen: true, isClosed: false }
    made.push(one)
    return {
      get isOpen() {
        return one.isOpen
      },
      async query(sql) {
        if (!one.isOpen) throw new Error('Connection terminated unexpectedly')
        if (sql === 'bad') throw new Error('syntax error')
        return [{ sql }]
      },
      copy: async () => undefined,
      async close() {
        one.isClosed = true
      },
    } satisfies Connection
  })
}

const ask = (pool: ConnectionPool, sql = 'SELECT 1'): Promise<unknown> => pool.use((connection) => connection.query(sql))

it('takes no connection that the server has ended meanwhile', async () => {
  const made: Made[] = []
  const pool = poolOf(made)
  await Promise.all([ask(pool), ask(pool), ask(pool), ask(pool)])
  expect(made).toHaveLength(4)
  // The server restarts.
  for (const one of made) one.isOpen = false
  await Promise.all([ask(pool), ask(pool), ask(pool), ask(pool), ask(pool)])
  expect(made.filter(({ isClosed }) => isClosed)).toHaveLength(4)
  expect(made).toHaveLength(8)
})

it('answers any number of questions over four connections, and closes the one whose question failed', async () => {
  const made: Made[] = []
  const pool = poolOf(made)
  const answers = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => ask(pool, n % 10 === 0 ? 'bad' : `SELECT ${n}`)))
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(90)
  expect(made.filter(({ isClosed }) => isClosed)).toHaveLength(10)
  expect(made.length).toBeLessThanOrEqual(14)
  await pool.close()
  expect(made.every(({ isClosed }) => isClosed)).toBe(true)
})

it('gives the place of a connection that cannot be had to the next question', async () => {
  const made: Made[] = []
  let tries = 0
  const pool = poolOf(made, () => {
    if (++tries <= 6) throw new Error('53300: too many clients already')
  })
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ask(pool)))
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(6)
  expect(made.length).toBeLessThanOrEqual(4)
})
