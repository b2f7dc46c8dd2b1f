/** One answer of a server; `ends` closes the connection behind it. No lines: it has been said already. */
export interface Reply {
  lines: readonly string[]
  ends: boolean
}

export const say = (...lines: string[]): Reply => ({ lines, ends: false })
export const sayAndEnd = (...lines: string[]): Reply => ({ lines, ends: true })
export const SAID: Reply = { lines: [], ends: false }

/** A product: what it says to whom and when it hangs up. */
export interface SmtpServer {
  /** How long it waits for a command. */
  readonly patienceMs: number
  greeting(): Reply
  answer(line: Buffer): Promise<Reply>
  /** What it says when it has waited too long. */
  timeout(): Reply
}

/** `250-a`, `250-b`, `250 c`. */
export function multiline(code: number, texts: readonly string[]): string[] {
  return texts.map((text, i) => `${code}${i === texts.length - 1 ? ' ' : '-'}${text}`)
}
