import type { CommandFile, Process, ProcessInput } from '../../command.ts'
import { latin1, rawBytes } from './bytes.ts'
import { attempt, complain, complainOf, Failure, gnuCommand, Usage } from './command.ts'

interface Encoding {
  encode(bytes: Buffer): string
  decode(text: string): Buffer
  /** Characters a group of `block` bytes becomes. */
  group: number
  block: number
  alphabet: RegExp
}

/** `base64` and `base32`: the same program with another alphabet. */
export function baseEncoding(name: string, encoding: Encoding): CommandFile {
  return gnuCommand({
    name,
    usage: '[OPTION]... [FILE]',
    about: `${name === 'base64' ? 'Base64' : 'Base32'} encode or decode FILE, or standard input, to standard output.`,
    authors: 'Simon Josefsson',
    short: 'diw:',
    long: { decode: 'd', 'ignore-garbage': 'i', wrap: 'w' },
    async run(process, options) {
      const [file = '-', extra] = options.operands
      if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
      const wrap = options.value('w') ?? '76'
      if (!/^\d{1,9}$/.test(wrap)) throw new Failure(`invalid wrap size: '${wrap}'`)
      let status = 0
      const fine = await attempt(
        async () => {
          const input = file === '-' ? process.stdin : process.openInput(file)
          if (options.has('d')) status = await decodeAll(process, input, encoding, options.has('i'))
          else await encodeAll(process, input, encoding, Number(wrap))
        },
        (error) => complainOf(process, file, error),
      )
      return fine ? status : 1
    },
  })
}

async function encodeAll(process: Process, input: ProcessInput, encoding: Encoding, wrap: number): Promise<void> {
  let held: Buffer = Buffer.alloc(0)
  let text = ''
  for (;;) {
    const chunk = await input.read()
    if (chunk) {
      await process.spend(chunk.length >> 6)
      held = Buffer.concat([held, chunk])
    }
    const whole = chunk ? held.length - (held.length % encoding.block) : held.length
    text += encoding.encode(held.subarray(0, whole))
    held = held.subarray(whole)
    if (wrap === 0) {
      if (text) await process.stdout.write(rawBytes(text))
      text = ''
    } else {
      const cut = chunk ? text.length - (text.length % wrap) : text.length
      let lines = ''
      for (let at = 0; at < cut; at += wrap) lines += `${text.slice(at, Math.min(cut, at + wrap))}\n`
      if (lines) await process.stdout.write(rawBytes(lines))
      text = text.slice(cut)
    }
    if (!chunk) return
  }
}

async function decodeAll(process: Process, input: ProcessInput, encoding: Encoding, lenient: boolean): Promise<number> {
  let held = ''
  for (;;) {
    const chunk = await input.read()
    if (chunk) held += latin1(chunk).replace(lenient ? /[^A-Za-z0-9+/=]/g : /\n/g, '')
    const usable = chunk ? held.length - (held.length % encoding.group) : held.length
    const text = held.slice(0, usable)
    held = held.slice(usable)
    const valid = validPrefix(text, encoding)
    // base32 gives nothing of a group that is not whole.
    const usableText = encoding.group === 8 ? valid.slice(0, valid.length - (valid.length % 8)) : valid
    if (usableText) await process.stdout.write(decodeGroups(usableText, encoding))
    const unfinished = !chunk && valid.length % encoding.group !== 0
    if (valid.length < text.length || unfinished) {
      await complain(process, 'invalid input')
      return 1
    }
    if (!chunk) return 0
  }
}

/** Padded groups may follow each other (`YQ==Yg==`); decoding goes on as far as groups are whole and valid. */
function validPrefix(text: string, encoding: Encoding): string {
  let at = 0
  while (at < text.length) {
    const group = text.slice(at, at + encoding.group)
    if (!encoding.alphabet.test(group) || group.length < encoding.group) {
      let usable = ''
      for (const char of group) {
        if (char === '=' || !encoding.alphabet.test(char)) break
        usable += char
      }
      return text.slice(0, at) + (usable.length > 1 ? usable : '')
    }
    at += encoding.group
  }
  return text
}

function decodeGroups(text: string, encoding: Encoding): Buffer {
  return Buffer.concat(text.split(/(?<==)(?!=)/).map((part) => encoding.decode(part)))
}
