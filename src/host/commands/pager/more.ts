import type { Process, ProcessInput } from '../../command.ts'
import { toBytes } from '../../text.ts'
import { Keys } from '../gnu/keys.ts'
import { PageText } from './page-text.ts'

/** Shows text by the page as more of util-linux 2.38 does, which waits at the end too. */
export async function runMore(process: Process, inputs: ProcessInput[], size: number | undefined): Promise<void> {
  return new More(process, inputs, size).run()
}

class More {
  readonly #process: Process
  readonly #text: PageText
  readonly #size: number | undefined
  readonly #keys: Keys
  /** Rows that have been shown. */
  #at = 0

  constructor(process: Process, inputs: ProcessInput[], size: number | undefined) {
    this.#process = process
    this.#size = size
    this.#keys = new Keys(process)
    this.#text = new PageText(process, inputs, { columns: process.terminal?.columns ?? 80, chops: false, numbers: false, raw: true })
  }

  get #page(): number {
    return Math.max(2, (this.#process.terminal?.rows ?? 24) - 1)
  }

  async run(): Promise<void> {
    try {
      let by = this.#page
      for (;;) {
        await this.#show(by)
        const next = await this.#next()
        if (next === undefined) return
        by = next
      }
    } finally {
      this.#keys.close()
    }
  }

  async #show(count: number): Promise<void> {
    const rows = await this.#text.rows(this.#at + count + 1)
    const shown = rows.slice(this.#at, this.#at + count)
    this.#at += count
    const blank = '\n'.repeat(count - shown.length)
    const isEnd = this.#text.atEnd && this.#at >= rows.length
    const size = this.#size ?? 0
    const seen = rows
      .slice(0, this.#at)
      .reduce((sum, row, i) => sum + (rows[i + 1]?.line === row.line ? 0 : toBytes(this.#text.lines[row.line] ?? '').length + 1), 0)
    const share = this.#size === undefined ? '' : `(${Math.min(99, Math.floor((seen * 100) / Math.max(1, size)))}%)`
    const prompt = isEnd ? '--More--\r\x1b[K(END)' : `--More--${share}`
    await this.#say(`${shown.map(({ text }) => `${text}\n`).join('')}${blank}\x1b[7m${prompt}\x1b[27m`)
  }

  /** How many rows to go on by; undefined to leave. */
  async #next(): Promise<number | undefined> {
    for (;;) {
      const key = await this.#keys.next()
      if (key === undefined || key === 'q' || key === 'Q' || key === '\x03') {
        await this.#say('\r\x1b[K')
        return undefined
      }
      if (key === '\x1a') {
        await this.#say('\r\x1b[K')
        await this.#keys.suspend()
        continue
      }
      const by = { ' ': this.#page, f: this.#page, z: this.#page, '\r': 1, '\n': 1, j: 1, d: 11, '\x04': 11 }[key]
      if (key === 'b' || key === '\x02') {
        this.#at = Math.max(0, this.#at - 2 * this.#page)
        await this.#say(`\r\x1b[K...back 1 page\n`)
        return this.#page
      }
      if (key === '=') await this.#say(`\r\x1b[K${this.#at}`)
      if (by === undefined) continue
      await this.#say('\r\x1b[K')
      return by
    }
  }

  async #say(text: string): Promise<void> {
    await this.#process.stdout.write(toBytes(text))
  }
}
