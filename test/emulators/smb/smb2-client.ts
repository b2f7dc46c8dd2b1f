import type { Socket } from 'node:net'
import { ByteWriter } from '../../../src/sensor/byte-writer.ts'
import { encodeReply } from '../../../src/sensor/spnego.ts'
import { connect } from '../../harness.ts'

/** A packet of the NetBIOS session service. */
export function framed(message: Buffer): Buffer {
  const header = Buffer.alloc(4)
  header.writeUIntBE(message.length, 1, 3)
  return Buffer.concat([header, message])
}

/** NTLMSSP NEGOTIATE, with Unicode and extended session security. */
export const NEGOTIATE_TOKEN = Buffer.concat([
  Buffer.from('NTLMSSP\0\x01\0\0\0', 'latin1'),
  Buffer.from('05820862', 'hex'),
  Buffer.alloc(16),
])

/** An AUTHENTICATE of nobody: a null session. */
export function anonymousToken(): Buffer {
  const message = Buffer.alloc(64)
  message.write('NTLMSSP\0\x03', 'latin1')
  for (const at of [12, 20, 28, 36, 44, 52]) message.writeUInt32LE(64, at + 4)
  message.writeUInt32LE(0x62088205, 60)
  return message
}

export function smb2(command: number, body: Buffer, ids: { message: number; session?: bigint; tree?: number; flags?: number }): Buffer {
  return new ByteWriter()
    .bytes(Buffer.from('\xfeSMB', 'latin1'))
    .u16le(64)
    .u16le(1)
    .u32le(0)
    .u16le(command)
    .u16le(31)
    .u32le(ids.flags ?? 0)
    .u32le(0)
    .u64le(ids.message)
    .u32le(0)
    .u32le(ids.tree ?? 0)
    .u64le(ids.session ?? 0n)
    .zeros(16)
    .bytes(body)
    .done()
}

export function negotiateBody(...dialects: number[]): Buffer {
  const writer = new ByteWriter().u16le(36).u16le(dialects.length).u16le(1).u16le(0).u32le(0x7f).zeros(16).zeros(8)
  for (const dialect of dialects) writer.u16le(dialect)
  return writer.done()
}

export function sessionSetupBody(token: Buffer, isRaw = true): Buffer {
  const blob = isRaw ? token : encodeReply({ state: 'accept-incomplete', token })
  return new ByteWriter().u16le(25).u8(0).u8(1).u32le(1).u32le(0).u16le(88).u16le(blob.length).u64le(0).bytes(blob).done()
}

export function treeConnectBody(path: string): Buffer {
  const name = Buffer.from(path, 'utf16le')
  return new ByteWriter().u16le(9).u16le(0).u16le(72).u16le(name.length).bytes(name).done()
}

export function createBody(name: string, disposition: number, options = 0): Buffer {
  const bytes = Buffer.from(name, 'utf16le')
  const writer = new ByteWriter().u16le(57).zeros(2).u32le(2).zeros(16).u32le(0x12019f).u32le(0).u32le(7).u32le(disposition).u32le(options)
  return writer
    .u16le(120)
    .u16le(bytes.length)
    .zeros(8)
    .bytes(bytes.length ? bytes : Buffer.alloc(1))
    .done()
}

export function writeBody(file: Buffer, offset: number, bytes: Buffer): Buffer {
  return new ByteWriter().u16le(49).u16le(112).u32le(bytes.length).u64le(offset).bytes(file).zeros(16).bytes(bytes).done()
}

export function closeBody(file: Buffer): Buffer {
  return new ByteWriter().u16le(24).u16le(0).u32le(0).bytes(file).done()
}

/** A client that sends packets and reads one answer to each. */
export class PacketClient {
  readonly #socket: Socket
  #waiting = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #ended = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#waiting = Buffer.concat([this.#waiting, chunk])
      this.#wake?.()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake?.()
    })
    socket.on('error', () => undefined)
  }

  static async open(port: number): Promise<PacketClient> {
    return new PacketClient(await connect(port))
  }

  send(message: Buffer): void {
    this.#socket.write(framed(message))
  }

  /** The next message; undefined when the server has closed. */
  async receive(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#waiting.length >= 4) {
        const end = 4 + this.#waiting.readUIntBE(1, 3)
        if (this.#waiting.length >= end) {
          const message = this.#waiting.subarray(4, end)
          this.#waiting = this.#waiting.subarray(end)
          return message
        }
      }
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async ask(message: Buffer): Promise<Buffer> {
    this.send(message)
    const answer = await this.receive()
    if (!answer) throw new Error('the server closed')
    return answer
  }

  close(): void {
    this.#socket.destroy()
  }
}

export const statusOf = (message: Buffer): number => message.readUInt32LE(message[0] === 0xff ? 5 : 8)
