/** NEW-ENVIRON, RFC 1572: the variables that a client sends before anybody has logged in. */

const IS = 0
const INFO = 2
const Mark = { VAR: 0, VALUE: 1, ESC: 2, USERVAR: 3 } as const

export interface Variable {
  type: 'VAR' | 'USERVAR'
  name: Buffer
  /** Absent: the client names a variable that it does not have. */
  value?: Buffer
}

/** Reads the content of `IAC SB NEW-ENVIRON IS|INFO …`; undefined when it is neither. */
export function decodeEnvironment(content: Buffer): Variable[] | undefined {
  if (content[0] !== IS && content[0] !== INFO) return undefined
  const variables: { type: 'VAR' | 'USERVAR'; name: number[]; value?: number[] }[] = []
  let into: number[] | undefined
  for (let at = 1; at < content.length; at++) {
    const byte = content[at] as number
    const last = variables.at(-1)
    if (byte === Mark.VAR || byte === Mark.USERVAR) {
      into = []
      variables.push({ type: byte === Mark.VAR ? 'VAR' : 'USERVAR', name: into })
    } else if (byte === Mark.VALUE && last && !last.value) {
      into = []
      last.value = into
    } else if (byte === Mark.ESC) {
      const escaped = content[++at]
      if (escaped !== undefined) into?.push(escaped)
    } else into?.push(byte)
  }
  return variables.map(({ type, name, value }) => ({ type, name: Buffer.from(name), ...(value ? { value: Buffer.from(value) } : {}) }))
}

export function encodeEnvironment(variables: readonly Variable[]): Buffer {
  const parts = variables.flatMap(({ type, name, value }) => [
    Buffer.of(Mark[type]),
    escaped(name),
    ...(value ? [Buffer.of(Mark.VALUE), escaped(value)] : []),
  ])
  return Buffer.concat([Buffer.of(IS), ...parts])
}

function escaped(bytes: Buffer): Buffer {
  return Buffer.from([...bytes].flatMap((byte) => (byte <= Mark.USERVAR ? [Mark.ESC, byte] : [byte])))
}

/** The user that a client wants to be, by its variable USER. */
export function environmentUser(variables: readonly Variable[]): Buffer | undefined {
  const value = variables.findLast(({ name, value }) => name.toString('latin1') === 'USER' && value?.length)?.value
  return value?.includes(0) ? undefined : value
}
