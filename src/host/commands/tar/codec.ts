/** One member of a tar archive. */
export interface Member {
  name: string
  type: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'character' | 'block'
  mode: number
  uid: number
  gid: number
  user: string
  group: string
  size: number
  /** Seconds since 1970. */
  mtime: number
  target: string
  content: Buffer
}

export class TarError extends Error {}

const BLOCK = 512
const TYPES: Record<string, Member['type']> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}
const FLAGS: Record<Member['type'], string> = { file: '0', link: '1', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' }
const MOST_MEMBERS = 20_000

/** Reads an archive: ustar, GNU long names, pax paths. @throws TarError */
export function readTar(bytes: Buffer): Member[] {
  const members: Member[] = []
  let longName: string | undefined
  let longTarget: string | undefined
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) return members
    if (!checksumFits(header)) throw new TarError(members.length ? 'Skipping to next header' : 'This does not look like a tar archive')
    const size = numberAt(header, 124, 12)
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size)
    if (content.length < size) throw new TarError('Unexpected EOF in archive')
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
    const flag = String.fromCharCode(header[156] as number)
    if (flag === 'L') longName = textAt(content, 0, content.length)
    else if (flag === 'K') longTarget = textAt(content, 0, content.length)
    else if (flag === 'x') {
      const path = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(content.subarray(0, 8192).toString('utf8'))
      if (path) longName = path[1]
    } else if (flag !== 'g') {
      if (members.length >= MOST_MEMBERS) throw new TarError('Memory exhausted')
      members.push(memberOf(header, content, flag, longName, longTarget))
      longName = longTarget = undefined
    }
  }
  if (members.length === 0 && bytes.length > 0) throw new TarError('This does not look like a tar archive')
  return members
}

function memberOf(header: Buffer, content: Buffer, flag: string, longName: string | undefined, longTarget: string | undefined): Member {
  const prefix = header.subarray(257, 262).toString('latin1') === 'ustar' && header[262] === 0 ? textAt(header, 345, 155) : ''
  const name = longName ?? (prefix ? `${prefix}/` : '') + textAt(header, 0, 100)
  const type = name.endsWith('/') ? 'directory' : (TYPES[flag] ?? 'file')
  return {
    name,
    type,
    mode: numberAt(header, 100, 8) & 0o7777,
    uid: numberAt(header, 108, 8),
    gid: numberAt(header, 116, 8),
    user: textAt(header, 265, 32),
    group: textAt(header, 297, 32),
    size: type === 'file' ? content.length : 0,
    mtime: numberAt(header, 136, 12),
    target: longTarget ?? textAt(header, 157, 100),
    content: Buffer.from(content),
  }
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? undefined : end).toString('utf8')
}

function numberAt(bytes: Buffer, at: number, length: number): number {
  if ((bytes[at] as number) & 0x80) return Number(bytes.readBigUInt64BE(at + length - 8))
  const text = textAt(bytes, at, length).trim()
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0
}

function checksumFits(header: Buffer): boolean {
  let sum = 8 * 32
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] as number
  return sum === numberAt(header, 148, 8)
}

/** Writes members as GNU tar does by default: blocking factor 20, long names in `L` members. */
export function writeTar(members: readonly Member[]): Buffer {
  const parts: Buffer[] = []
  let length = 0
  const add = (bytes: Buffer): void => {
    parts.push(bytes)
    length += bytes.length
  }
  for (const member of members) {
    for (const [flag, text] of [
      ['K', member.target],
      ['L', member.name],
    ] as const) {
      if (Buffer.byteLength(text) <= 100) continue
      const long = Buffer.from(`${text}\0`)
      add(headerOf({ ...member, name: '././@LongLink', size: long.length, mode: 0, uid: 0, gid: 0, mtime: 0, target: '' }, flag))
      add(padded(long))
    }
    add(headerOf(member, FLAGS[member.type]))
    if (member.type === 'file') add(padded(member.content))
  }
  const total = Math.ceil((length + 2 * BLOCK) / (20 * BLOCK)) * 20 * BLOCK
  return Buffer.concat([...parts, Buffer.alloc(total - length)])
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)])
}

function headerOf(member: Member, flag: string): Buffer {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number): void =>
    void header.write(
      value
        .toString(8)
        .padStart(length - 1, '0')
        .slice(-(length - 1)),
      at,
      'latin1',
    )
  header.write(member.name.slice(0, 100), 0)
  octal(member.mode, 100, 8)
  octal(member.uid, 108, 8)
  octal(member.gid, 116, 8)
  octal(flag === '0' || flag === 'L' || flag === 'K' ? member.size : 0, 124, 12)
  octal(Math.max(0, member.mtime), 136, 12)
  header.write(flag, 156, 'latin1')
  header.write(member.target.slice(0, 100), 157)
  header.write('ustar  \0', 257, 'latin1')
  header.write(member.user.slice(0, 31), 265)
  header.write(member.group.slice(0, 31), 297)
  header.fill(32, 148, 156)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}
