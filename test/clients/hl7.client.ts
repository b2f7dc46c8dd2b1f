import { execFile, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import hl7 from '../../src/emulators/hl7/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(hl7, { persona: 'hospital-integration' })
})
afterAll(() => playing.stop())

/** What `nc` prints when it is given these bytes, piece by piece. */
async function nc(message: string | string[]): Promise<string> {
  const client = spawn('nc', ['-q1', '127.0.0.1', String(playing.port())])
  const pieces = [message].flat()
  for (const piece of pieces.slice(0, -1)) {
    client.stdin.write(Buffer.from(piece, 'latin1'))
    await sleep(100)
  }
  client.stdin.end(Buffer.from(pieces.at(-1) ?? '', 'latin1'))
  return text(client.stdout)
}

const frame = (message: string): string => `\x0b${message}\r\x1c\r`
const admission = (id: string, more = 'P|2.5'): string =>
  `MSH|^~\\&|A|B|C|D|20260101120000||ADT^A01|${id}|${more}\rEVN|A01|20260101\rPID|1||123^^^H||DOE^JOHN`

describe('nc', () => {
  it('sends an admission in MLLP and reads its acknowledgement', async () => {
    const answer = await nc('\x0bMSH|^~\\&|A|B|C|D|20260101120000||ADT^A01|MSG1|P|2.5\rEVN|A01|20260101\rPID|1||123^^^H||DOE^JOHN\r\x1c\r')
    expect(answer).toMatch(/^\x0bMSH\|\^~\\&\|C\|D\|A\|B\|.*ACK\^A01.*MSA\|AA\|MSG1\r\x1c\r$/s)
  })

  it('gets an acknowledgement for each message, in the frame that it came in', async () => {
    const whole = frame(admission('MSG2'))
    const [unframed, two, cut] = await Promise.all([
      nc(`${admission('MSG1')}\r`),
      nc(frame(admission('ONE')) + frame(admission('TWO'))),
      nc([whole.slice(0, 9), whole.slice(9, 30), whole.slice(30, 31), whole.slice(31, -1), whole.slice(-1)]),
    ])
    expect(unframed).toMatch(/^MSH\|[^\x0b\x1c]*MSA\|AA\|MSG1\r$/)
    expect(two.match(/MSA\|AA\|\w+/g)).toEqual(['MSA|AA|ONE', 'MSA|AA|TWO'])
    expect(cut.match(/MSA\|AA\|\w+/g)).toEqual(['MSA|AA|MSG2'])
  })

  it('is refused what is wrong with it, and answered in its own separators, or not at all when it says so', async () => {
    const strange = 'MSH#@!%*#A#B#C#D#20260101120000##ADT@A01#S1#P#2.5\rEVN#A01#20260101\rPID#1##123@@@H##DOE@JOHN'
    const [version, noId, separators, silent] = await Promise.all([
      nc(frame(admission('MSG1', 'P|9.9'))),
      nc(frame(admission(''))),
      nc(frame(strange)),
      nc(frame(admission('QUIET', 'P|2.5|||NE|NE'))),
    ])
    expect(version).toMatch(/MSA\|AR\|MSG1[\s\S]*\rERR\|[^\r]*203/)
    expect(noId).toMatch(/MSA\|AE\|(\||\r)[\s\S]*ERR\|[^\r]*101/)
    expect(separators).toMatch(/^\x0bMSH#@!%\*#C#D#A#B#[\s\S]*MSA#AA#S1/)
    expect(silent).toBe('')
  })

  it('brings two megabytes in one message, which is one event', async () => {
    const before = playing.data('hl7.message').length
    const answer = await nc(frame(`${admission('LARGE')}\rOBX|1|TX|||${'x'.repeat(2 * 1024 * 1024)}`))
    expect(answer).toContain('MSA|AE|LARGE')
    expect(playing.data('hl7.message').slice(before)).toMatchObject([
      { size: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ])
  })

  it('asks for patients of Hollin Cross, who all are test patients', async () => {
    const answer = await nc('\x0bMSH|^~\\&|A|B|HCIE|HC|20260101||QBP^Q22^QBP_Q21|Q1|P|2.5\rQPD|Q22|T1|@PID.5.1^DOE\rRCP|I\r\x1c\r')
    expect(answer).toContain('QAK|T1|OK|')
    expect(answer).toMatch(/PID\|1\|\|9900\d{3}\^\^\^HC\^MR\|\|ZZDOE\^/)
    expect(answer).toContain('^^NETHER HOLLIN|')
  })
})

describe('other clients', () => {
  it('curl gets an empty reply', async () => {
    await expect(run('curl', ['-sS', `http://127.0.0.1:${playing.port()}/metadata`])).rejects.toThrow(/Empty reply/)
  })

  it('nmap -sV names no service and breaks nothing', async () => {
    const { stdout } = await run('nmap', ['-Pn', '-sV', '--version-light', '-p', String(playing.port()), '127.0.0.1'])
    expect(stdout).toMatch(/open\s+unknown/)
    expect(playing.data('hl7.noise').length).toBeGreaterThan(2)
    expect(playing.data('lure.fault')).toEqual([])
  })
})
