import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import kamstrup from '../../src/emulators/kamstrup/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(kamstrup, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

/**
 * A reader of the Kamstrup Meter Protocol on Python's CRC-16, which is the same polynomial: Debian has no client of its own. Prints
 * `id unit value` for each register that the meter answers.
 */
const READER = `
import binascii, socket, struct, sys
ESCAPED = (0x06, 0x0d, 0x1b, 0x40, 0x80)

def ask(connection, body):
    body += struct.pack('>H', binascii.crc_hqx(body, 0))
    connection.sendall(b'\\x80' + b''.join(bytes((0x1b, b ^ 0xff)) if b in ESCAPED else bytes((b,)) for b in body) + b'\\r')
    answer = b''
    while not answer.endswith(b'\\r'):
        more = connection.recv(256)
        if not more: sys.exit('closed')
        answer += more
    assert answer[0] == 0x40, answer
    plain, i = b'', 1
    while i < len(answer) - 1:
        escaped = answer[i] == 0x1b
        plain += bytes((answer[i + 1] ^ 0xff if escaped else answer[i],))
        i += 2 if escaped else 1
    assert binascii.crc_hqx(plain, 0) == 0, plain
    return plain[2:-2]

connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)
connection.settimeout(5)
print('type', ask(connection, bytes((0x3f, 0x01))).hex())
print('serial', struct.unpack('>I', ask(connection, bytes((0x3f, 0x02))))[0])
for asked in sys.argv[2:]:
    ids = [int(one) for one in asked.split(',')]
    data = ask(connection, bytes((0x3f, 0x10, len(ids))) + b''.join(struct.pack('>H', one) for one in ids))
    while data:
        register, unit, length, exponent = struct.unpack('>HBBB', data[:5])
        number = int.from_bytes(data[5:5 + length], 'big') * (-1 if exponent & 0x80 else 1)
        power = (exponent & 0x3f) * (-1 if exponent & 0x40 else 1)
        print(register, unit, number * 10.0 ** power)
        data = data[5 + length:]
`

/** The rows that the reader prints, by register. */
async function read(...registers: string[]): Promise<Map<string, string[]>> {
  const { code, stdout, stderr } = await ran('python3', ['-c', READER, String(playing.port()), ...registers])
  expect([code, stderr]).toEqual([0, ''])
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([id = '', ...rest]) => [id, rest]),
  )
}

const nc = async (text: string, port: number): Promise<string> =>
  (await ran('nc', ['-q', '1', '-w', '2', '127.0.0.1', String(playing.port(port))], Buffer.from(text, 'latin1'))).stdout

describe('a meter reader', () => {
  it('reads type, serial, voltages, currents and energy, whose power is what they make', async () => {
    const rows = await read('1054,1055,1056', '1076,1077,1078', '1080,1081,1082', '1,1001,9999')
    const value = (id: number): number => Number(rows.get(String(id))?.[1])
    for (const phase of [0, 1, 2]) {
      expect(rows.get(String(1054 + phase))?.[0]).toBe('33')
      expect(value(1054 + phase)).toBeGreaterThan(215)
      expect((value(1080 + phase) * 1000) / (value(1054 + phase) * value(1076 + phase))).toBeCloseTo(0.94, 1)
    }
    expect(rows.get('1')?.[0]).toBe('2')
    expect(rows.get('serial')).toEqual([String(value(1001))])
    expect(rows.has('9999')).toBe(false)
    expect(value(1001)).not.toBe(15_085_488)
  })
})

it('the power of a phase is another one soon after', async () => {
  const before = (await read('1080')).get('1080')
  await expect.poll(async () => (await read('1080')).get('1080'), { timeout: 10_000, interval: 300 }).not.toEqual(before)
})

describe('nc', () => {
  it('reads register 1054 by the frame that scanners send', async () => {
    const answer = Buffer.from(await nc('\x80\x3f\x10\x01\x04\x1e\x7a\xbb\x0d', 0), 'latin1')
    expect(answer.subarray(0, 5).toString('hex')).toBe('403f10041e')
    expect(answer.at(-1)).toBe(0x0d)
  })

  it('gets nothing from another address, and after it the meter still answers', async () => {
    expect(await nc('\x80\x01\x10\x01\x04\x1e\x13\x60\x0d', 0)).toBe('')
    expect((await read('1054')).has('1054')).toBe(true)
  })

  it('reads the configuration of the module, and what it changed', async () => {
    const shown = await nc('!GC\r\n', 1)
    expect(shown).toMatch(/Connected to \[00:13:EA:(?!00:00:00)/)
    expect(shown).toMatch(/MAC +: 00:13:EA:/)
    await nc('!SD SUBSTATION 4\r\nQ\r\n', 1)
    expect(await nc('!GC\r\n', 1)).toMatch(/Device Name +: SUBSTATION 4/)
  })
})
