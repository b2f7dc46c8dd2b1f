import { describe, expect, it, onTestFinished } from 'vitest'
import { OutputEntry } from '../../src/config/outputs.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import { Busy, Refused, reasonOf, type Sink } from '../../src/outputs/sink.ts'
import { sampleEvent, sampleTurn } from '../store/sample-events.ts'
import { fakeHttp, withoutWayBack } from './fake-server.ts'

function open(settings: Record<string, unknown>): Sink {
  const setup = { ...withoutWayBack, store: { events: async () => [] } }
  const sink = openSink(OutputEntry.parse(settings), { data: '/nonexistent' }, setup)
  onTestFinished(async () => sink.close?.())
  return sink
}

const soon = (): AbortSignal => AbortSignal.timeout(2000)

/** What sending two events comes to when the receiver answers so. */
async function outcome(settings: Record<string, unknown>, answer: { status: number; body: string }): Promise<unknown> {
  const { url } = await fakeHttp(answer)
  const events = [sampleTurn({ session: '0198d0a1-0000-7000-8000-000000000001' }), sampleEvent()]
  return open({ url, ...settings })
    .send(events, soon())
    .then(
      () => 'taken',
      (error: unknown) => error,
    )
}

describe('elasticsearch', () => {
  const settings = { kind: 'elasticsearch', template: false }
  const answer = (status: number, type: string) => ({
    status: 200,
    body: JSON.stringify({ errors: true, items: [{ create: { status: 201 } }, { create: { status, error: { type, reason: 'why' } } }] }),
  })

  it.each([
    [403, 'security_exception'],
    [403, 'cluster_block_exception'],
    [404, 'index_not_found_exception'],
    [429, 'cluster_block_exception'],
    [400, 'validation_exception'],
    [400, 'index_closed_exception'],
    [503, 'unavailable_shards_exception'],
  ])('comes again when some were not taken for no fault of theirs: %i %s', async (status, type) => {
    const error = await outcome(settings, answer(status, type))
    expect(error).toBeInstanceOf(Busy)
    expect(String(error)).toContain(type)
  })

  it.each([
    'mapper_parsing_exception',
    'document_parsing_exception',
    'illegal_argument_exception',
  ])('lays aside the document that %s names', async (type) => {
    const error = await outcome(settings, answer(400, type))
    expect(error).toBeInstanceOf(Refused)
    expect([...((error as Refused).reasons ?? [])]).toEqual([[expect.any(String), expect.stringContaining(type)]])
  })
})

describe('splunk', () => {
  const settings = { kind: 'splunk', token: 't' }
  const answer = (code: number, text: string) => ({ status: 400, body: JSON.stringify({ text, code, 'invalid-event-number': 0 }) })

  it('comes again when it is told that there is no such index or channel', async () => {
    expect(await outcome(settings, answer(7, 'Incorrect index'))).toMatchObject({ name: 'Busy', message: expect.stringContaining('index') })
    expect(await outcome(settings, answer(10, 'Data channel is missing'))).toBeInstanceOf(Busy)
  })

  it('has an event refused that it cannot read', async () => {
    expect(await outcome(settings, answer(6, 'Invalid data format'))).toBeInstanceOf(Refused)
  })
})

describe('otlp', () => {
  it('lays aside the spans of a call of which the collector rejected some, and the events without a span are no dead letters', async () => {
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'too large' } })
    const error = await outcome({ kind: 'otlp' }, { status: 200, body })
    expect(error).toBeInstanceOf(Refused)
    expect([...((error as Refused).reasons ?? []).values()]).toEqual([expect.stringContaining('too large')])
    expect(await outcome({ kind: 'otlp' }, { status: 200, body: '{"partialSuccess":{}}' })).toBe('taken')
  })
})

describe('the reason of a failure', () => {
  it('says what went wrong in an error of several, or with a cause', () => {
    const refused = [new Error('connect ECONNREFUSED ::1:514'), new Error('connect ECONNREFUSED 127.0.0.1:514')]
    expect(reasonOf(new AggregateError(refused))).toBe('connect ECONNREFUSED ::1:514; connect ECONNREFUSED 127.0.0.1:514')
    expect(
      reasonOf(new AggregateError([new AggregateError([new Error('no leader')], 'response'), new Error('no leader')], 'producing')),
    ).toBe('producing: response: no leader; no leader')
    expect(reasonOf(new Error('aborted', { cause: new Error('too slow') }))).toBe('aborted: too slow')
    expect([reasonOf(new Error()), reasonOf('text')]).toEqual(['Error', 'text'])
  })
})
