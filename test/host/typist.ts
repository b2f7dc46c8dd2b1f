import type { HostProcess } from '../../src/host/contract.ts'
import { type HostOptions, makeHost, type TestHost } from './harness.ts'

/** Types into an interactive session and sees what comes back. */
export class Typist {
  readonly test: TestHost
  readonly process: HostProcess
  /** All that was shown so far. */
  seen = ''
  #mark = 0
  #changed: (() => void)[] = []

  constructor(test: TestHost, terminal: { term: string; columns?: number; rows?: number }, user = 'root') {
    this.test = test
    const { term, columns = 80, rows = 24 } = terminal
    this.process = test.host.spawn({ ...test.request(undefined, user), terminal: { term, columns, rows } })
    void this.#watch()
  }

  async #watch(): Promise<void> {
    for await (const bytes of this.process.stdout) {
      this.seen += Buffer.from(bytes).toString('utf8')
      for (const wake of this.#changed.splice(0)) wake()
    }
  }

  /** Sends keys and gives what was shown from then on until `until` is at its end. */
  async type(keys: string, until: string | RegExp): Promise<string> {
    this.#mark = this.seen.length
    this.process.stdin.write(Buffer.from(keys))
    return this.until(until)
  }

  async until(end: string | RegExp): Promise<string> {
    const deadline = Date.now() + 5000
    for (;;) {
      const shown = this.seen.slice(this.#mark)
      if (typeof end === 'string' ? shown.endsWith(end) : end.test(shown)) return shown
      if (Date.now() > deadline) throw new Error(`waited for ${end}, saw ${JSON.stringify(shown)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200)
        this.#changed.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}

/** An interactive login on a persona's host, at its first prompt. */
export async function login(persona = 'debian-web', term = 'dumb', options: HostOptions = {}): Promise<Typist> {
  const typist = new Typist(makeHost(persona, options), { term })
  await typist.until(/[#$] $/)
  return typist
}
