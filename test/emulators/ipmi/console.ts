import { createHmac, randomBytes } from 'node:crypto'
import { checksum, decodePacket, encode20, PAYLOAD, type Packet20 } from '../../../src/emulators/ipmi/codec.ts'
import { type Handshake, type Keys, keysOf, rakp2Code, rakp3Salt, SUITES } from '../../../src/emulators/ipmi/keys.ts'
import { ask } from '../ntp/ask.ts'

const CONSOLE_SESSION = 0xa0a2a3a4

/** One IPMI message of a remote console. */
export function message(netFn: number, command: number, data: readonly number[] = []): Buffer {
  const head = Buffer.from([0x20, netFn << 2])
  const body = Buffer.from([0x81, 0x04, command, ...data])
  return Buffer.concat([head, Buffer.from([checksum(head)]), body, Buffer.from([checksum(body)])])
}

export async function ask20(port: number, payloadType: number, payload: Buffer): Promise<Buffer> {
  const [answer] = await ask(port, encode20({ payloadType, session: 0, sequence: 0, payload }), { quietMs: 2_000 })
  return (decodePacket(answer ?? Buffer.alloc(0)) as Packet20).payload
}

export function openRequest(suite: number): Buffer {
  const { authentication, integrity, confidentiality } = SUITES.get(suite)!
  const algorithms = [authentication, integrity, confidentiality].map((one, kind) => Buffer.from([kind, 0, 0, 8, one, 0, 0, 0]))
  const head = Buffer.from([7, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32LE(CONSOLE_SESSION, 4)
  return Buffer.concat([head, ...algorithms])
}

/** Opens a session as `ipmitool -I lanplus` does, as far as the BMC lets us. */
export async function openSession(port: number, user: string, password: string, suite = 3): Promise<Console | { status: number }> {
  const opened = await ask20(port, PAYLOAD.openSessionRequest, openRequest(suite))
  if (opened[1] !== 0) return { status: opened[1]! }
  const shake: Handshake = {
    suite: SUITES.get(suite)!,
    consoleSession: CONSOLE_SESSION,
    bmcSession: opened.readUInt32LE(8),
    consoleRandom: randomBytes(16),
    bmcRandom: Buffer.alloc(16),
    guid: Buffer.alloc(16),
    role: 0x14,
    user: Buffer.from(user),
  }
  const id = opened.subarray(8, 12)
  const name = Buffer.concat([Buffer.from([shake.role, 0, 0, user.length]), shake.user])
  const second = await ask20(port, PAYLOAD.rakp1, Buffer.concat([Buffer.from([7, 0, 0, 0]), id, shake.consoleRandom, name]))
  if (second[1] !== 0) return { status: second[1]! }
  second.copy(shake.bmcRandom, 0, 8, 24)
  second.copy(shake.guid, 0, 24, 40)
  const key = Buffer.from(password)
  const isRight = rakp2Code(shake, key).equals(second.subarray(40))
  const code =
    suite === 0
      ? Buffer.alloc(0)
      : createHmac(suite >= 15 ? 'sha256' : suite >= 6 ? 'md5' : 'sha1', key)
          .update(rakp3Salt(shake))
          .digest()
  const fourth = await ask20(port, PAYLOAD.rakp3, Buffer.concat([Buffer.from([7, 0, 0, 0]), id, code]))
  if (fourth[1] !== 0) return { status: fourth[1]! }
  const keys = keysOf(shake, key)
  const session = new Console(port, shake.bmcSession, keys, isRight && keys.icv.equals(fourth.subarray(8)))
  await session.run(6, 0x3b, [4])
  return session
}

export class Console {
  readonly #port: number
  readonly #session: number
  readonly #keys: Keys
  #sequence = 0
  /** Whether the BMC has proven that it knows the password too. */
  readonly isMutual: boolean

  constructor(port: number, session: number, keys: Keys, isMutual: boolean) {
    this.#port = port
    this.#session = session
    this.#keys = keys
    this.isMutual = isMutual
  }

  /** Completion code and data of the response. */
  async run(netFn: number, command: number, data: readonly number[] = []): Promise<Buffer> {
    return (await this.send(PAYLOAD.ipmi, message(netFn, command, data))).subarray(6, -1)
  }

  /** Payload of the answer. */
  async send(payloadType: number, payload: Buffer): Promise<Buffer> {
    this.#sequence++
    const head = { payloadType, session: this.#session, sequence: this.#sequence, payload }
    const [answer] = await ask(this.#port, encode20(head, this.#keys), { quietMs: 2_000 })
    const packet = decodePacket(answer ?? Buffer.alloc(0)) as Packet20
    if (!this.#keys.verify(packet.covered)) throw new Error('the integrity code of the answer is wrong')
    return this.#keys.decrypt ? this.#keys.decrypt(packet.payload)! : packet.payload
  }
}
