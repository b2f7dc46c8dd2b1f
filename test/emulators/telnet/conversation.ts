import type { Socket } from 'node:net'
import { Identity } from '../../../src/config/identity.ts'
import telnet from '../../../src/emulators/telnet/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { connect, MemoryState, noEngine, type Playing, play } from '../../harness.ts'

export async function serve(persona: string, options: Record<string, unknown> = {}): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  return play(telnet, {
    persona,
    identity,
    state,
    options: { delays: false, ...options },
    hosts: createHosts({ identity, engine: noEngine, state }),
  })
}

/** A client that waits for what it expects; bytes are latin1. */
export class Client {
  readonly #socket: Socket
  #seen = ''
  #closed = false
  #wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#seen += bytes.toString('latin1')
      this.#wake()
    })
    const end = (): void => {
      this.#closed = true
      this.#wake()
    }
    socket.on('close', end).on('error', end)
  }

  static async to(playing: Playing): Promise<Client> {
    return new Client(await connect(playing.port()))
  }

  send(text: string): void {
    this.#socket.write(Buffer.from(text, 'latin1'))
  }

  /** All up to and including `mark`, taken from what was seen. */
  async until(mark: string | RegExp): Promise<string> {
    for (;;) {
      const found = typeof mark === 'string' ? this.#seen.indexOf(mark) : this.#seen.search(mark)
      if (found >= 0) {
        const end = found + (typeof mark === 'string' ? mark.length : (mark.exec(this.#seen)?.[0].length ?? 0))
        const text = this.#seen.slice(0, end)
        this.#seen = this.#seen.slice(end)
        return text
      }
      if (this.#closed) throw new Error(`closed before ${mark}; seen ${JSON.stringify(this.#seen)}`)
      await this.#more(`${mark}`)
    }
  }

  /** What is left when the server closes. */
  async rest(): Promise<string> {
    while (!this.#closed) await this.#more('the end')
    return this.#seen
  }

  close(): void {
    this.#socket.destroy()
  }

  async #more(wanted: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${wanted} did not come; seen ${JSON.stringify(this.#seen)}`)), 4000)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
