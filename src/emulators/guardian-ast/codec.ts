/** Framing of the TLS-350's serial interface (Veeder-Root 576013-635): SOH, function code, data, ETX. */
export const SOH = 0x01
export const ETX = 0x03
export const CODE_BYTES = 6

export interface Command {
  /** `display` for codes in capitals, `computer` for small letters. */
  format: 'display' | 'computer'
  isSet: boolean
  /** Three digits, which may be hexadecimal: `201`, `20C`. */
  function: string
  /** 0 is all tanks. */
  device: number
  /** As it came, to be echoed: `I20100`. */
  echo: string
}

/** Undefined for six characters that are no function code. */
export function parseCommand(text: string): Command | undefined {
  const match = /^([IiSs])([0-9A-Fa-f]{3})([0-9]{2})$/.exec(text)
  if (!match) return undefined
  const [, kind = '', code = '', device = ''] = match
  return {
    format: kind === kind.toUpperCase() ? 'display' : 'computer',
    isSet: kind.toUpperCase() === 'S',
    function: code.toUpperCase(),
    device: Number(device),
    echo: text,
  }
}

/** What the console says to a code that it does not know. */
export const UNKNOWN = checked('9999')

/** A report for people: the code, the date, the lines. */
export function displayAnswer(echo: string, date: string, lines: readonly string[]): Buffer {
  return Buffer.from(`\x01\r\n${echo}\r\n${date}\r\n\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n\x03`, 'latin1')
}

/** A report for computers, with its checksum. @param time YYMMDDHHmm */
export function computerAnswer(echo: string, time: string, data: string): Buffer {
  return checked(`${echo}${time}${data}&&`)
}

/** An IEEE 754 single as eight hexadecimal digits. */
export function floatHex(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes.toString('hex').toUpperCase()
}

/** The two's complement of the sum of all bytes from SOH on, in 16 bits. */
function checked(text: string): Buffer {
  const bytes = Buffer.from(`\x01${text}`, 'latin1')
  const sum = -bytes.reduce((total, byte) => total + byte, 0) & 0xffff
  return Buffer.concat([bytes, Buffer.from(`${sum.toString(16).toUpperCase().padStart(4, '0')}\x03`, 'latin1')])
}
