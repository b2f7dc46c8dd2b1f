import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import jetdirect from '../../src/emulators/jetdirect/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(jetdirect, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

async function nc(message: string): Promise<string> {
  const client = spawn('nc', ['-q2', '127.0.0.1', String(playing.port())])
  client.stdin.end(Buffer.from(message, 'latin1'))
  return text(client.stdout.setEncoding('latin1'))
}

describe('nc', () => {
  it('asks as PRET does: each answer before the delimiter that it waits for', async () => {
    const asked = ['INFO ID', 'INFO CONFIG', 'FSDIRLIST NAME="0:\\" ENTRY=1 COUNT=65535', 'RNVRAM ADDRESS=0', 'DINQUIRE CPLOCK']
    for (const [i, command] of asked.entries()) {
      const answer = await nc(`\x1b%-12345X@PJL ${command}\r\n@PJL ECHO DELIMITER${i}\r\n\r\n\x1b%-12345X`)
      expect(answer.endsWith(`@PJL ECHO DELIMITER${i}\r\n\f`)).toBe(true)
    }
  })
})

describe('nmap', () => {
  it('reads the display, and changes it', async () => {
    const script = ['-Pn', '--script', '+pjl-ready-message', '-p', String(playing.port())]
    expect((await run('nmap', [...script, '127.0.0.1'])).stdout).toContain('"Ready"')
    await run('nmap', [...script, '--script-args', 'pjl_ready_message="INSERT COIN"', '127.0.0.1'])
    expect((await run('nmap', [...script, '127.0.0.1'])).stdout).toContain('INSERT COIN')
  })

  it('-sV names the printer on port 9100, which is the only one it asks', async () => {
    const forward = createServer((socket) => {
      const inner = createConnection(playing.port(), '127.0.0.1')
      for (const side of [socket, inner]) side.on('error', () => undefined)
      socket.pipe(inner).pipe(socket)
    })
    forward.listen(9100, '127.0.0.9')
    await once(forward, 'listening')
    try {
      expect((forward.address() as AddressInfo).port).toBe(9100)
      const { stdout } = await run('nmap', ['-Pn', '-sV', '--allports', '-p', '9100', '127.0.0.9'])
      expect(stdout).toMatch(/9100\/tcp open\s+hp-pjl\s+HP LaserJet/)
    } finally {
      forward.close()
    }
  })
})
