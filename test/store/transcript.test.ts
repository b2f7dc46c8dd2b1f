import { describe, expect, it } from 'vitest'
import { evidence } from '../../src/events/bytes.ts'
import type { EventQuery } from '../../src/store/contract.ts'
import { readTranscript, transcriptOf } from '../../src/store/transcript.ts'
import { sampleEvent, sampleTurn } from './sample-events.ts'

describe('a transcript', () => {
  it('is the turns of the session in order, with where each answer came from', () => {
    const login = sampleEvent({ type: 'login', data: { method: 'password', username: 'root', password: 'x', accepted: true } })
    const first = sampleTurn({ time: 1000 })
    const second = sampleTurn({
      time: 2000,
      tags: ['attack:T1033'],
      data: { input: 'id', output: 'uid=0(root)\n', stderr: 'x', source: 'static', durationMs: 1, kind: 'shell', exitCode: 0 },
    })
    const turns = transcriptOf([login, first, second])
    expect(turns).toHaveLength(2)
    expect(turns[0]).toMatchObject({
      event: first.id,
      time: 1000,
      kind: 'shell',
      source: 'llm',
      generation: { model: 'qwen3:4b-instruct', promptVersion: '9f2c61aa' },
    })
    expect(turns[1]).toEqual({
      event: second.id,
      time: 2000,
      kind: 'shell',
      input: 'id',
      output: 'uid=0(root)\n',
      stderr: 'x',
      source: 'static',
      durationMs: 1,
      exitCode: 0,
      tags: ['attack:T1033'],
    })
  })

  it('shows bytes that are no text as hexadecimal', () => {
    const data = { input: evidence(Buffer.from([0x41, 0xff, 0x5c])), output: '', source: 'static', durationMs: 1, kind: 'shell' }
    expect(transcriptOf([sampleTurn({ data })])[0]?.input).toBe('A\\xff\\x5c')
  })

  it('tells what was recorded of the protocol where a lure records no turns', () => {
    const events = [
      sampleEvent({ type: 'session.open', data: {} }),
      sampleEvent({ type: 'login', data: { method: 'AUTH', username: 'default', password: 'foobared', accepted: false } }),
      sampleEvent({ type: 'login', data: { method: 'publickey', username: 'git', fingerprint: 'SHA256:abc', accepted: true } }),
      sampleEvent({
        type: 'redis.command',
        data: { args: ['CONFIG', 'SET', 'dir', '/var/spool/cron', evidence(Buffer.from([0xff, 0x0a]))] },
      }),
      sampleEvent({ type: 'modbus.request', data: { unit: 1, function: { code: 3, name: 'Read Holding Registers' }, note: undefined } }),
      sampleEvent({ type: 'session.close', data: { durationMs: 1, bytesIn: 1, bytesOut: 1, reason: 'attacker' } }),
    ]
    expect(transcriptOf(events).map(({ kind, input, output }) => [kind, input, output])).toEqual([
      ['login', 'login AUTH default:foobared', 'refused'],
      ['login', 'login publickey git:SHA256:abc', 'accepted'],
      ['redis.command', 'redis.command args=[CONFIG SET dir /var/spool/cron "\\\\xff\\\\x0a"]', ''],
      ['modbus.request', 'modbus.request unit=1 function={code=3 name="Read Holding Registers"}', ''],
    ])
  })

  it('is read whole however long the session is', async () => {
    const events = Array.from({ length: 2500 }, () => sampleTurn())
    const store = {
      async events({ after, limit }: EventQuery) {
        const from = after === undefined ? 0 : events.findIndex((event) => event.id === after) + 1
        return events.slice(from, from + (limit ?? 1000))
      },
    }
    const turns = await readTranscript(store, 'any')
    expect(turns.map((turn) => turn.event)).toEqual(events.map((event) => event.id))
  })
})
