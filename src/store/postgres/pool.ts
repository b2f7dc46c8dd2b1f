import type { Connect, Connection } from './connection.ts'

/** Connections of one process to read with; more questions than these wait for each other. */
const MOST = 4

/** A few connections that questions take turns on; one that failed is closed, for nobody knows what state it is in. */
export class ConnectionPool {
  readonly #connect: Connect
  readonly #idle: Connection[] = []
  readonly #waiting: (() => void)[] = []
  #open = 0
  #isClosed = false

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** @throws what `work` throws, and what connecting throws */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    while (this.#idle.length === 0 && this.#open >= MOST) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const connection = this.#rested() ?? (await this.#another())
    try {
      const result = await work(connection)
      if (this.#isClosed) await this.#drop(connection)
      else this.#idle.push(connection)
      return result
    } catch (error) {
      await this.#drop(connection)
      throw error
    } finally {
      this.#waiting.shift()?.()
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#idle.splice(0).map((connection) => this.#drop(connection)))
  }

  /** One that is idle; those that the server has ended meanwhile, as it does when it restarts, are of no use. */
  #rested(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (!connection || connection.isOpen) return connection
      void this.#drop(connection)
    }
  }

  async #another(): Promise<Connection> {
    this.#open++
    try {
      return await this.#connect()
    } catch (error) {
      this.#open--
      this.#waiting.shift()?.()
      throw error
    }
  }

  async #drop(connection: Connection): Promise<void> {
    this.#open--
    await connection.close()
  }
}
