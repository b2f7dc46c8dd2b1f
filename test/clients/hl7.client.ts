import { execFile, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
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

/** What `nc` prints when it is given these bytes. */
async function nc(message: string): Promise<string> {
  const client = spawn('nc', ['-q2', '127.0.0.1', String(playing.port())])
  client.stdin.end(Buffer.from(message, 'latin1'))
  return text(client.stdout)
}

describe('nc', () => {
  it('sends an admission in MLLP and reads its acknowledgement', async () => {
    const answer = await nc('\x0bMSH|^~\\&|A|B|C|D|20260101120000||ADT^A01|MSG1|P|2.5\rEVN|A01|20260101\rPID|1||123^^^H||DOE^JOHN\r\x1c\r')
    expect(answer).toMatch(/^\x0bMSH\|\^~\\&\|C\|D\|A\|B\|.*ACK\^A01.*MSA\|AA\|MSG1\r\x1c\r$/s)
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
