import type { Socket } from 'node:net'
import { connect } from '../../harness.ts'

/** A client that sends exact bytes and reads whole replies. */
export class Conversation {
  readonly socket: Socket
  #received = ''
  #wake: () => void = () => undefined
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#received += bytes.toString('latin1')
      this.#wake()
    })
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
    socket.on('error', () => undefined)
  }

  static async with(port: number): Promise<Conversation> {
    return new Conversation(await connect(port))
  }

  send(...args: string[]): void {
    this.sendRaw(request(args))
  }

  sendRaw(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'))
  }

  /** The next `n` replies as the bytes that they are ("latin1"), or what came before the server closed. */
  async replies(n = 1, withinMs = 3000): Promise<string> {
    const deadline = Date.now() + withinMs
    for (;;) {
      const end = endOfReplies(this.#received, n)
      const left = deadline - Date.now()
      if (end !== undefined || this.closed || left <= 0) return this.#take(end)
      await this.#more(left)
    }
  }

  /** Sends one command and gives its reply. */
  async ask(...args: string[]): Promise<string> {
    this.send(...args)
    return this.replies()
  }

  /** Everything that comes within a short while. */
  async quiet(ms = 60): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return this.#take(undefined)
  }

  /** Waits for the server to close. */
  async untilClosed(): Promise<void> {
    const deadline = Date.now() + 3000
    while (!this.closed && Date.now() < deadline) await this.#more(deadline - Date.now())
  }

  end(): void {
    this.socket.destroy()
  }

  async #more(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #take(end: number | undefined): string {
    const text = this.#received
    this.#received = text.slice(end ?? text.length)
    return text.slice(0, end)
  }
}

export function request(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`
}

/** Position after `n` replies that begin at `start`, undefined while they are not whole. */
export function endOfReplies(text: string, n: number, start = 0): number | undefined {
  let at: number | undefined = start
  for (let i = 0; i < n && at !== undefined; i++) at = endOfReply(text, at)
  return at
}

function endOfReply(text: string, start: number): number | undefined {
  const lineEnd = text.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const after = lineEnd + 2
  const n = Number(text.slice(start + 1, lineEnd))
  const type = text[start] as string
  if (n < 0 || '+-:_,#'.includes(type)) return after
  if (type !== '$' && type !== '=') return endOfReplies(text, type === '%' ? n * 2 : n, after)
  // A dump follows its length without a line end.
  const end = after + n + (text.startsWith('REDIS', after) ? 0 : 2)
  return text.length >= end ? end : undefined
}

/** How many replies a recorded text holds. */
export function countReplies(text: string): number {
  let n = 0
  for (let at: number | undefined = 0; at !== undefined && at < text.length; n++) at = endOfReply(text, at)
  return n
}
