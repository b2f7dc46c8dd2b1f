/** One answer, complete with its line ends. */
export interface Answer {
  text: Buffer
  /** The connection ends behind it. */
  ends?: boolean
  /** Who has logged in with it. */
  user?: string
}

export const line = (text: string): Answer => ({ text: Buffer.from(`${text}\r\n`, 'latin1') })
export const lastLine = (text: string): Answer => ({ ...line(text), ends: true })
export const lines = (...texts: string[]): Answer => ({ text: Buffer.from(texts.map((text) => `${text}\r\n`).join(''), 'latin1') })
