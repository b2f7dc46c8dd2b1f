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

  /** What is shown from now on is what the next wait gives. */
  mark(): void {
    this.#mark = this.seen.length
  }

  /** What was shown since the mark, when it is `wanted` or nothing more comes. */
  async settled(wanted: string, { quietMs = 300, plain = (text: string) => text } = {}): Promise<string> {
    const deadline = Date.now() + 8000
    for (let length = -1; ; ) {
      const shown = this.seen.slice(this.#mark)
      const same = plain(shown) === wanted
      if (same && shown !== '') return wanted
      const mayCome = wanted.startsWith(plain(shown)) && !same && Date.now() < deadline
      if (shown.length === length && !mayCome) return plain(shown)
      length = shown.length
      await this.#change(quietMs)
    }
  }

  /** Sends keys and gives what was shown from then on until `until` is at its end. */
  async type(keys: string, until: string | RegExp): Promise<string> {
    this.#mark = this.seen.length
    this.process.stdin.write(Buffer.from(keys))
    return this.until(until)
  }

  async until(end: string | RegExp): Promise<string> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const shown = this.seen.slice(this.#mark)
      if (typeof end === 'string' ? shown.endsWith(end) : end.test(shown)) return shown
      if (Date.now() > deadline) throw new Error(`waited for ${end}, saw ${JSON.stringify(shown)}`)
      await this.#change(200)
    }
  }

  /** Until more is shown, or for so long. */
  async #change(most: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, most)
      this.#changed.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

/** An interactive login on a persona's host, at its first prompt. */
export async function login(persona = 'debian-web', term = 'dumb', options: HostOptions = {}): Promise<Typist> {
  const typist = new Typist(makeHost(persona, options), { term })
  await typist.until(/[#$] $/)
  return typist
}
