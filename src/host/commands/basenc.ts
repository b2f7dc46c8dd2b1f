import { attempt, complain, complainOf, Failure, gnuCommand, Usage } from './gnu/command.ts'

const ENCODINGS = ['base64', 'base64url', 'base32', 'base32hex', 'base16', 'base2msbf', 'base2lsbf', 'z85']

export default gnuCommand({
  name: 'basenc',
  usage: '[OPTION]... [FILE]',
  about: 'basenc encode or decode FILE, or standard input, to standard output.',
  authors: 'Simon Josefsson and Assaf Gordon',
  short: 'diw:',
  long: { decode: 'd', 'ignore-garbage': 'i', wrap: 'w', ...Object.fromEntries(ENCODINGS.map((name) => [name, name])) },
  async run(process, options) {
    const encoding = options.last(...ENCODINGS)
    if (encoding === undefined) throw new Usage('missing encoding type')
    const [file, extra] = options.operands
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    let bytes = Buffer.alloc(0)
    const fine = await attempt(
      async () => {
        bytes = Buffer.from(await (file === undefined || file === '-' ? process.stdin : process.openInput(file)).all())
      },
      (error) => complainOf(process, file ?? '-', error),
    )
    if (!fine) return 1
    if (encoding === 'base64' || encoding === 'base32') {
      const wrap = options.has('w') ? ['-w', options.value('w') ?? ''] : []
      const flags = ['d', 'i'].filter((key) => options.has(key)).map((key) => `-${key}`)
      return process.run([`/usr/bin/${encoding}`, ...flags, ...wrap], { stdin: bytes })
    }
    await process.spend(bytes.length >> 4)
    if (options.has('d')) {
      const decoded = decode(bytes.toString('latin1').replace(/\n/g, ''), encoding)
      if (!decoded) {
        await complain(process, 'invalid input')
        return 1
      }
      await process.stdout.write(decoded)
      return 0
    }
    const wrap = Number(options.value('w') ?? 76)
    const text = encode(bytes, encoding)
    if (wrap === 0) await process.stdout.write(text)
    else for (let at = 0; at < text.length; at += wrap) await process.stdout.write(`${text.slice(at, at + wrap)}\n`)
    return 0
  },
})

function encode(bytes: Buffer, encoding: string): string {
  switch (encoding) {
    case 'base16':
      return bytes.toString('hex').toUpperCase()
    case 'base64url': {
      const text = bytes.toString('base64url')
      return text + '='.repeat((4 - (text.length % 4)) % 4)
    }
    case 'base2msbf':
      return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
    case 'base2lsbf':
      return Array.from(bytes, (byte) => [...byte.toString(2).padStart(8, '0')].reverse().join('')).join('')
    default:
      throw new Failure('invalid input (length must be multiple of 4 characters)')
  }
}

function decode(text: string, encoding: string): Buffer | undefined {
  switch (encoding) {
    case 'base16':
      return /^(?:[0-9A-F]{2})*$/.test(text) ? Buffer.from(text, 'hex') : undefined
    case 'base64url':
      return /^[\w-]*=*$/.test(text) ? Buffer.from(text, 'base64url') : undefined
    default: {
      if (!encoding.startsWith('base2') || !/^[01]*$/.test(text) || text.length % 8) return undefined
      const groups = text.match(/.{8}/g) ?? []
      return Buffer.from(groups.map((bits) => Number.parseInt(encoding === 'base2msbf' ? bits : [...bits].reverse().join(''), 2)))
    }
  }
}
