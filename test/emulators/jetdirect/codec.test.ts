import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BodyMemory, type Piece, PrintDecoder } from '../../../src/emulators/jetdirect/decoder.ts'
import { encodePjl, PjlError, parsePjl } from '../../../src/emulators/jetdirect/pjl.ts'
import { FileError, pathOf } from '../../../src/emulators/jetdirect/volume.ts'

const UEL = '\x1b%-12345X'
const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))

/** The pieces of a stream that comes in parts; those of a job under way go to `parts`. */
function piecesOf(
  whole: Buffer,
  cuts: readonly number[] = [],
  memory: BodyMemory = new BodyMemory(1 << 20, 1 << 20),
  parts: Buffer[] = [],
): Piece[] {
  const decoder = new PrintDecoder(memory)
  const pieces: Piece[] = []
  const push = (part: Buffer): void => {
    decoder.push(part)
    for (let piece = decoder.next(); piece; piece = decoder.next()) {
      if (piece.is === 'part') parts.push(piece.bytes)
      else pieces.push(piece)
    }
  }
  let at = 0
  for (const cut of cuts) {
    push(whole.subarray(at, at + cut + 1))
    at += cut + 1
  }
  push(whole.subarray(at))
  decoder.end()
  push(Buffer.alloc(0))
  return pieces
}

describe('lines of PJL', () => {
  it('give back command, words and values', () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9]{0,10}$/)
    const value = fc.stringMatching(/^[ -!#-~]{0,30}$/)
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 3 }), fc.dictionary(name, value, { maxKeys: 5 }), (command, words, options) => {
        const parsed = parsePjl(encodePjl(command, words, Object.entries(options)).trimEnd())
        expect([parsed.command, parsed.words, Object.fromEntries(parsed.options)]).toEqual([command, words, options])
      }),
    )
  })

  it('may have blanks around the equals sign, commas, and letters of either case', () => {
    const { command, options } = parsePjl('@pjl default Password = 1234, CPLOCK =ON')
    expect(command).toBe('DEFAULT')
    expect([...options]).toEqual([
      ['PASSWORD', '1234'],
      ['CPLOCK', 'ON'],
    ])
  })

  it('of any text throw nothing but their own error', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), (any, isPjl) => {
        try {
          parsePjl(`${isPjl ? '@PJL ' : ''}${any.toString('latin1')}`)
        } catch (error) {
          expect(error).toBeInstanceOf(PjlError)
        }
      }),
    )
  })
})

describe('the stream', () => {
  it('gives the same pieces however it is cut', () => {
    const whole = Buffer.from(
      `${UEL}@PJL JOB NAME="x"\r\n@PJL FSDOWNLOAD FORMAT:BINARY SIZE=4 NAME="0:\\a"\r\n\x1b%\0\n${UEL}@PJL ENTER LANGUAGE=PCL\n\x1bE text \x1b%-1 \x1bE${UEL}\r\n@PJL EOJ\r\n${UEL}`,
      'latin1',
    )
    const expected = piecesOf(whole)
    expect(expected.map((piece) => piece.is)).toEqual(['command', 'file', 'command', 'job', 'command'])
    fc.assert(fc.property(fc.array(fc.nat(12)), (cuts) => void expect(piecesOf(whole, cuts)).toEqual(expected)))
  })

  it('keeps a job that nothing announces byte by byte, blanks before it too', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(40)), (any, cuts) => {
        fc.pre(!any.includes('@') && !any.includes(0x1b) && any.some((byte) => byte > 0x20))
        const [piece] = piecesOf(any, cuts)
        expect(piece).toMatchObject({ is: 'job', size: any.length, sha256: createHash('sha256').update(any).digest('hex') })
      }),
    )
  })

  it('gives a job away while it comes, but for what may be the end of it', () => {
    const body = Buffer.from('%!\n(x) print\x1b%-1234X \x1b%-', 'latin1')
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (cuts) => {
        const parts: Buffer[] = []
        piecesOf(Buffer.concat([body, Buffer.from(UEL, 'latin1')]), cuts, undefined, parts)
        expect(Buffer.concat(parts)).toEqual(body)
      }),
    )
    const decoder = new PrintDecoder(new BodyMemory(1 << 20, 1 << 20))
    decoder.push(Buffer.from('%!\n(x) print flush\n'))
    expect(decoder.next()).toMatchObject({ is: 'part', bytes: Buffer.from('%!\n(x) print flush\n') })
  })

  it('holds no more than its memory, and gives it back', () => {
    const memory = new BodyMemory(1000, 600)
    const [piece] = piecesOf(Buffer.alloc(5000, 'x'), [700], memory)
    expect(piece).toMatchObject({ size: 5000, bytes: Buffer.alloc(600, 'x') })
    expect(memory.take(5000, -5000)).toBe(1000)
  })
})

describe('names of files', () => {
  it('lead into the volume, or by `..` out of it, and nowhere else', () => {
    expect(pathOf('0:\\')).toBe('/hpmnt/dsk_ram0')
    expect(pathOf('0:/PJL\\x')).toBe('/hpmnt/dsk_ram0/PJL/x')
    expect(pathOf('0:\\..\\..\\..\\etc\\passwd')).toBe('/etc/passwd')
    for (const wrong of ['', 'etc', '7:\\x', '0:\\a\0b']) expect(() => pathOf(wrong)).toThrow(FileError)
    fc.assert(fc.property(fc.string(), (rest) => void expect(attempt(`0:${rest}`)).toMatch(/^\/|^FileError$/)))
  })
})

function attempt(name: string): string {
  try {
    return pathOf(name)
  } catch (error) {
    return (error as Error).name
  }
}
