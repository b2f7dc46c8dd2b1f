import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from '../../harness.ts'

/** A client that sends exact bytes and reads whole replies. */
export class Conversation {
  readonly socket: Socket
  #received: Buffer = Buffer.alloc(0)
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes])
    })
    socket.on('close', () => {
      this.closed = true
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
    const deadline = AbortSignal.timeout(withinMs)
    for (;;) {
      const end = endOfReplies(this.#received.toString('latin1'), n)
      if (end !== undefined || this.closed || deadline.aborted) return this.#take(end)
      const next = Promise.race([once(this.socket, 'data', { signal: deadline }), once(this.socket, 'close', { signal: deadline })])
      await next.catch(() => undefined)
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
    if (!this.closed) await once(this.socket, 'close', { signal: AbortSignal.timeout(3000) }).catch(() => undefined)
  }

  end(): void {
    this.socket.destroy()
  }

  #take(end: number | undefined): string {
    const text = this.#received.toString('latin1')
    this.#received = Buffer.from(text.slice(end ?? text.length), 'latin1')
    return text.slice(0, end)
  }
}

export function request(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`
}

/** Position after the first `n` replies, undefined while they are not whole. */
export function endOfReplies(text: string, n: number): number | undefined {
  let at: number | undefined = 0
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
  if (type === '$' || type === '=') {
    const end = after + n + (text.startsWith('REDIS', after) ? 0 : 2)
    return text.length >= end ? end : undefined
  }
  return endOfReplies(text.slice(after), type === '%' ? n * 2 : n) === undefined
    ? undefined
    : after + (endOfReplies(text.slice(after), type === '%' ? n * 2 : n) as number)
}

/** How many replies a recorded text holds. */
export function countReplies(text: string): number {
  let n = 0
  while (endOfReplies(text, n + 1) !== undefined && (endOfReplies(text, n) as number) < text.length) n++
  return n
}
