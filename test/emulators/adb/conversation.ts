import type { Socket } from 'node:net'
import { Identity } from '../../../src/config/identity.ts'
import { decodeHeader, encode, HEADER_BYTES, MAX_PAYLOAD, type Packet } from '../../../src/emulators/adb/codec.ts'
import adb from '../../../src/emulators/adb/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { connect, MemoryState, noEngine, type Playing, play } from '../../harness.ts'

export async function serve(options: Record<string, unknown> = {}): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  return play(adb, { options, identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
}

/** The host's side of a link, one packet at a time. */
export class Client {
  readonly #socket: Socket
  #seen: Buffer = Buffer.alloc(0)
  #closed = false
  #wake: () => void = () => undefined
  #lastId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#seen = Buffer.concat([this.#seen, bytes])
      this.#wake()
    })
    const end = (): void => {
      this.#closed = true
      this.#wake()
    }
    socket.on('close', end).on('end', end).on('error', end)
  }

  static async to(playing: Playing): Promise<Client> {
    return new Client(await connect(playing.port()))
  }

  /** A client that has been let in. */
  static async online(playing: Playing, version = 0x01000001): Promise<Client> {
    const client = await Client.to(playing)
    client.send('CNXN', version, MAX_PAYLOAD, 'host::features=cmd,shell_v2')
    await client.packet()
    return client
  }

  send(command: string, arg0: number, arg1: number, payload: Uint8Array | string = ''): void {
    this.#socket.write(encode({ command, arg0, arg1, payload: Buffer.from(payload as string) }, true))
  }

  raw(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** The next packet; undefined when the device closed the link. */
  async packet(): Promise<(Packet & { checksum: number }) | undefined> {
    for (;;) {
      if (this.#seen.length >= HEADER_BYTES) {
        const { length, ...header } = decodeHeader(this.#seen, MAX_PAYLOAD)
        if (this.#seen.length >= HEADER_BYTES + length) {
          const payload = this.#seen.subarray(HEADER_BYTES, HEADER_BYTES + length)
          this.#seen = this.#seen.subarray(HEADER_BYTES + length)
          return { ...header, payload }
        }
      }
      if (this.#closed) return undefined
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no packet came')), 5000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Opens a service, sends bytes, and gives all it writes until it closes; undefined when it is refused. */
  async service(name: string, input: readonly (Uint8Array | string)[] = []): Promise<Buffer | undefined> {
    const id = ++this.#lastId
    const output: Buffer[] = []
    const waiting = [...input]
    this.send('OPEN', id, 0, `${name}\0`)
    for (;;) {
      const packet = await this.packet()
      if (!packet) return Buffer.concat(output)
      if (packet.command === 'OKAY' && waiting.length > 0) this.send('WRTE', id, packet.arg0, waiting.shift())
      if (packet.command === 'CLSE') {
        if (packet.arg0 !== 0) this.send('CLSE', id, packet.arg0)
        return packet.arg0 === 0 ? undefined : Buffer.concat(output)
      }
      if (packet.command !== 'WRTE') continue
      output.push(packet.payload)
      this.send('OKAY', id, packet.arg0)
    }
  }

  close(): void {
    this.#socket.destroy()
  }
}
