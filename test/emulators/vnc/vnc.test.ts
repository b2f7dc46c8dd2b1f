import { inflateSync, constants as zlib } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  encodePixelFormat,
  NATIVE_FORMAT,
  parsePixelFormat,
  parseVersion,
  RfbError,
  readMessage,
} from '../../../src/emulators/vnc/codec.ts'
import { encodeRaw, Zrle } from '../../../src/emulators/vnc/encodings.ts'
import { Greeter } from '../../../src/emulators/vnc/greeter.ts'
import lure from '../../../src/emulators/vnc/index.ts'
import { paint, pixelsOf } from '../../../src/emulators/vnc/picture.ts'
import { vncResponse } from '../../../src/emulators/vnc/vnc-auth.ts'
import { connect, type Playing, play } from '../../harness.ts'
import { holds, nameOf, recording } from '../recorded.ts'

let p: Playing
const start = async (options: Record<string, unknown> = { password: 'letmein' }): Promise<Playing> => {
  p = await play(lure, { persona: 'debian-web', options })
  return p
}
afterEach(async () => {
  expect(p.data('lure.fault')).toEqual([])
  expect(p.deadLetters).toEqual([])
  await p.stop()
})

/** A client that reads exactly. */
class Client {
  #got = Buffer.alloc(0)
  #wake: () => void = () => undefined
  readonly write: (bytes: Buffer | string) => void
  readonly end: () => void

  private constructor(socket: Awaited<ReturnType<typeof connect>>) {
    this.write = (bytes) => void socket.write(bytes)
    this.end = () => void socket.destroy()
    socket.on('data', (chunk: Buffer) => {
      this.#got = Buffer.concat([this.#got, chunk])
      this.#wake()
    })
    socket.on('error', () => undefined)
  }

  static async open(): Promise<Client> {
    return new Client(await connect(p.port()))
  }

  async read(n: number): Promise<Buffer> {
    while (this.#got.length < n) await new Promise<void>((resolve) => (this.#wake = resolve))
    const bytes = this.#got.subarray(0, n)
    this.#got = this.#got.subarray(n)
    return bytes
  }

  /** Logs in over 3.8 and reads ServerInit; the desktop's name. */
  async login(password: string): Promise<string> {
    await this.read(12)
    this.write('RFB 003.008\n')
    await this.read(2)
    this.write(Buffer.of(2))
    this.write(vncResponse(password, await this.read(16)))
    expect((await this.read(4)).readUInt32BE()).toBe(0)
    this.write(Buffer.of(1))
    const head = await this.read(24)
    expect([head.readUInt16BE(0), head.readUInt16BE(2)]).toEqual([1024, 768])
    return String(await this.read(head.readUInt32BE(20)))
  }

  request(incremental: boolean, x = 0, y = 0, width = 1024, height = 768): void {
    const bytes = Buffer.alloc(10)
    bytes[0] = 3
    bytes[1] = incremental ? 1 : 0
    for (const [i, n] of [x, y, width, height].entries()) bytes.writeUInt16BE(n, 2 + i * 2)
    this.write(bytes)
  }

  type(...keys: (number | string)[]): void {
    for (const key of keys.flatMap((k) => (typeof k === 'string' ? [...k].map((c) => c.charCodeAt(0)) : [k]))) {
      for (const down of [1, 0]) {
        const bytes = Buffer.of(4, down, 0, 0, 0, 0, 0, 0)
        bytes.writeUInt32BE(key, 4)
        this.write(bytes)
      }
    }
  }
}

describe('Xtigervnc', () => {
  const mask = (reply: string): string => (reply.length === 16 || reply.startsWith('\0\0\0\x02') ? 'CHALLENGE' : reply)
  it.each(
    recording(new URL('tigervnc-1.12.0.json', import.meta.url)).dialogues.map((d) => [JSON.stringify(nameOf(d)), d] as const),
  )('answers as the real one: %s', async (_name, dialogue) => {
    await start()
    await holds(p.port(), dialogue, mask)
  })

  it('has another challenge each time', async () => {
    await start()
    const answers = await Promise.all([1, 2].map(() => p.exchange('RFB 003.003\n')))
    expect(answers[0]!.equals(answers[1]!)).toBe(false)
  })
})

describe('the login', () => {
  it('keeps a wrong password as lines to crack, in clear when it is a common one', async () => {
    await start()
    for (const password of ['qwerty', 'Zx9!kk2p']) {
      const client = await Client.open()
      await client.read(12)
      client.write('RFB 003.003\n')
      const challenge = (await client.read(20)).subarray(4)
      client.write(vncResponse(password, challenge))
      expect((await client.read(4)).readUInt32BE()).toBe(1)
      client.end()
    }
    const line = /^[0-9a-f]{16}:[0-9a-f]{16}$/
    expect(p.data('login')).toEqual([
      { method: 'vnc', username: '', password: 'qwerty', hash: { mode: 14000, line: expect.stringMatching(line) }, accepted: false },
      { method: 'vnc', username: '', hash: { mode: 14000, line: expect.stringMatching(line) }, accepted: false },
    ])
    expect(p.data('vnc.proof')[1]).toEqual({ line: expect.stringMatching(/^\$vnc\$\*[0-9A-F]{32}\*[0-9A-F]{32}$/) })
  })

  it('counts eight characters of a password', () => {
    const challenge = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
    expect(vncResponse('letmein1', challenge)).toEqual(vncResponse('letmein1more', challenge))
    expect(vncResponse('letmein', challenge)).not.toEqual(vncResponse('letmeim', challenge))
  })

  it('lets all in without a password when told to', async () => {
    await start({ security: 'none' })
    const client = await Client.open()
    await client.read(12)
    client.write('RFB 003.008\n')
    expect((await client.read(2)).toString('hex')).toBe('0101')
    client.write(Buffer.of(1))
    expect((await client.read(4)).readUInt32BE()).toBe(0)
    client.end()
    expect(p.data('login')).toEqual([{ method: 'none', username: '', accepted: true }])
  })

  it('tags who chooses no security where it was not offered', async () => {
    await start()
    await p.exchange('RFB 003.008\n\x01')
    expect(p.events.find(({ type }) => type === 'vnc.client')?.tags).toContain('cve:CVE-2006-2369')
  })
})

describe('the screen', () => {
  it('is sent, and changes with what is typed; credentials typed into it are a login', async () => {
    await start()
    const client = await Client.open()
    expect(await client.login('letmein')).toMatch(/^(web|www|tw-web|portal)\d\d:1 \(maris\)$/)
    client.request(false, 0, 0, 1024, 768)
    const full = await client.read(16 + 1024 * 768 * 4)
    expect(new Set(full.subarray(16).toString('hex').match(/.{8}/g)).size).toBeGreaterThan(5)
    client.request(true)
    client.type('root', 0xff09, 'toor', 0xff0d)
    const head = await client.read(16)
    expect([head.readUInt16BE(4), head.readUInt16BE(6)]).toEqual([342, 264])
    await p.seen('login', 2)
    client.end()
    await p.seen('session.close')
    expect(p.data('login')[1]).toEqual({ method: 'vnc-screen', username: 'root', password: 'toor', accepted: false })
    expect(p.data('vnc.keys')).toEqual([{ text: 'root<Tab>toor<Return>' }])
  })

  it('writes down clicks and the clipboard, and what it points at', async () => {
    await start()
    const client = await Client.open()
    await client.login('letmein')
    client.write(Buffer.from('0501019001a40500019001a4', 'hex'))
    client.write(Buffer.concat([Buffer.of(6, 0, 0, 0, 0, 0, 0, 20), Buffer.from('http://203.0.113.7/a')]))
    await p.seen('indicator')
    client.end()
    expect(p.data('vnc.click')).toEqual([{ x: 400, y: 420, buttons: 1 }])
    expect(p.data('vnc.clipboard')).toEqual([{ text: 'http://203.0.113.7/a', size: 20 }])
  })

  it('is the same in ZRLE as in raw', async () => {
    await start()
    const picture = new Greeter('web15', 'Mon 12:00').picture()
    const area = { x: 300, y: 250, width: 130, height: 100 }
    const indices = paint(picture, area)
    const pixels = pixelsOf(picture.palette, NATIVE_FORMAT)
    const zrle = new Zrle()
    const encoded = await zrle.encode(indices, area, pixels, NATIVE_FORMAT)
    zrle.close()
    expect(encoded.readUInt32BE()).toBe(encoded.length - 4)
    const tiles = inflateSync(encoded.subarray(4), { finishFlush: zlib.Z_SYNC_FLUSH })
    expect(decodeTiles(tiles, area.width, area.height)).toEqual(encodeRaw(indices, pixels))
  })
})

/** A decoder of ZRLE by RFC 6143 §7.7.6, for three-byte pixels. */
function decodeTiles(bytes: Buffer, width: number, height: number): Buffer {
  const out = Buffer.alloc(width * height * 4)
  let at = 0
  const pixel = (): Buffer => {
    at += 3
    return Buffer.concat([bytes.subarray(at - 3, at), Buffer.of(0)])
  }
  for (let y = 0; y < height; y += 64) {
    for (let x = 0; x < width; x += 64) {
      const [w, h] = [Math.min(64, width - x), Math.min(64, height - y)]
      const count = bytes[at++]!
      const palette = Array.from({ length: count }, pixel)
      const bits = count === 1 ? 0 : count === 2 ? 1 : count <= 4 ? 2 : 4
      for (let row = 0; row < h; row++) {
        for (let column = 0; column < w; column++) {
          const index = bits === 0 ? 0 : (bytes[at + ((column * bits) >> 3)]! >> (8 - bits - ((column * bits) & 7))) & ((1 << bits) - 1)
          palette[index]!.copy(out, ((y + row) * width + x + column) * 4)
        }
        at += Math.ceil((w * bits) / 8)
      }
    }
  }
  expect(at).toBe(bytes.length)
  return out
}

describe('the codec', () => {
  it('reads back pixel formats, and throws nothing but its own error', async () => {
    await start()
    expect(parsePixelFormat(encodePixelFormat(NATIVE_FORMAT))).toEqual(NATIVE_FORMAT)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 16, maxLength: 64 }), async (given) => {
        const bytes = Buffer.from(given)
        let at = 0
        const exactly = async (n: number): Promise<Buffer> => {
          if (at + n > bytes.length) throw new RfbError('end')
          at += n
          return bytes.subarray(at - n, at)
        }
        for (const read of [() => readMessage(exactly), async () => parseVersion(bytes.subarray(0, 12))]) {
          await read().catch((error: unknown) => expect(error).toBeInstanceOf(RfbError))
        }
      }),
      { numRuns: 500 },
    )
  })
})
