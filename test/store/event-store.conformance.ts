import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeadLetter } from '../../src/events/bus.ts'
import { evidence } from '../../src/events/bytes.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import type { EventStore } from '../../src/store/contract.ts'
import { sampleEvent, sampleTurn } from './sample-events.ts'

const DAY = 86_400_000

/** An empty store, and what takes it away after the test. */
export interface Opened {
  store: EventStore & { deadLetters(): Promise<DeadLetter[]> }
  dispose(): Promise<void>
}

/** What holds for every engine of {@link EventStore}. */
export function eventStoreConformance(engine: string, open: () => Promise<Opened>): void {
  describe(`events in ${engine}`, () => {
    let store: Opened['store']
    let dispose: () => Promise<void>

    beforeEach(async () => {
      ;({ store, dispose } = await open())
    })
    afterEach(() => dispose())

    async function keep(...events: SundewEvent[]): Promise<void> {
      for (const event of events) store.append(event)
      await store.flush()
    }

    async function ids(query: Parameters<EventStore['events']>[0]): Promise<string[]> {
      return (await store.events(query)).map((event) => event.id)
    }

    it('gives an event back as it was, bytes that are no text included', async () => {
      const event = sampleEvent({ data: { args: [evidence(Buffer.from([0, 0xff, 0x80])), 'naïve\u0000\u202e'] }, tags: ['attack:T1110'] })
      await keep(event)
      expect(await store.events({})).toEqual([event])
    })

    it('keeps an event as it was when it was appended', async () => {
      const event = sampleEvent()
      store.append(event)
      event.data.args = ['changed later']
      await store.flush()
      expect((await store.events({}))[0]?.data).toEqual({ args: ['PING'] })
    })

    it('lists events in the order of their ids, whatever the order of arrival', async () => {
      const [first, second, third] = [sampleEvent(), sampleEvent(), sampleEvent()]
      await keep(third, first)
      await keep(second)
      expect(await ids({})).toEqual([first.id, second.id, third.id])
    })

    it('pages through events after an id, and gives the newest of them', async () => {
      const events = Array.from({ length: 5 }, () => sampleEvent())
      await keep(...events)
      const all = events.map((event) => event.id)
      expect(await ids({ limit: 2 })).toEqual(all.slice(0, 2))
      expect(await ids({ after: all[1]!, limit: 2 })).toEqual(all.slice(2, 4))
      expect(await ids({ after: all[4]! })).toEqual([])
      expect(await ids({ latest: true, limit: 2 })).toEqual(all.slice(3))
    })

    it('selects events by session, type, lure and time', async () => {
      const session = uuid7()
      const early = sampleEvent({ time: 1000, session })
      const middle = sampleEvent({ time: 2000, type: 'login', data: { method: 'password', username: 'a', accepted: false } })
      const late = sampleTurn({ time: 3000 })
      await keep(early, middle, late)
      expect(await ids({ session })).toEqual([early.id])
      expect(await ids({ type: 'login' })).toEqual([middle.id])
      expect(await ids({ lure: 'ssh' })).toEqual([late.id])
      expect(await ids({ since: 2000 })).toEqual([middle.id, late.id])
      expect(await ids({ until: 2000 })).toEqual([early.id])
      expect(await ids({ lure: 'redis', type: 'login', since: 1500, until: 2500 })).toEqual([middle.id])
    })

    it('selects events by source, of sessions that came from several addresses and of none', async () => {
      const session = uuid7()
      const before = sampleEvent({ session, srcIp: '192.0.2.1' })
      const after = sampleEvent({ session, srcIp: '192.0.2.2' })
      const lone = sampleEvent({ srcIp: '192.0.2.2' })
      await keep(before, after, lone)
      expect(await ids({ srcIp: '192.0.2.1' })).toEqual([before.id])
      expect(await ids({ srcIp: '192.0.2.2' })).toEqual([after.id, lone.id])
      expect((await store.sessions({ srcIp: '192.0.2.2' })).map((s) => s.session)).toEqual([session])
    })

    it('stores and counts an event once, however often it comes', async () => {
      const event = sampleTurn({ session: uuid7() })
      await keep(event, event)
      await keep(event)
      expect(await store.events({})).toHaveLength(1)
      expect(await store.session(event.session!)).toMatchObject({ events: 1, turns: 1 })
    })

    it('derives a session from its events', async () => {
      const session = uuid7()
      const visit = { session, lure: 'ssh', standsFor: ['Cowrie'], dstPort: 22 }
      await keep(
        sampleEvent({ ...visit, time: 1000, type: 'session.open', data: {} }),
        sampleEvent({
          ...visit,
          time: 1100,
          type: 'login',
          data: { method: 'password', username: 'root', password: 'x', accepted: false },
        }),
        sampleEvent({
          ...visit,
          time: 1200,
          type: 'login',
          data: { method: 'password', username: 'root', password: 'toor', accepted: true },
        }),
      )
      await keep(
        sampleTurn({ ...visit, time: 1300, tags: ['attack:T1059', 'note:first'] }),
        sampleEvent({ ...visit, time: 1400, type: 'artifact', data: { sha256: 'a'.repeat(64), how: 'sftp' }, tags: ['attack:T1059'] }),
      )
      expect(await store.session(session)).toEqual({
        session,
        sensor: 'test',
        lure: 'ssh',
        standsFor: ['Cowrie'],
        persona: 'debian-web',
        srcIp: '192.0.2.7',
        srcPort: 40123,
        dstPort: 22,
        startedAt: 1000,
        endedAt: undefined,
        events: 5,
        turns: 1,
        logins: 2,
        credential: 'root:toor',
        artifacts: 1,
        tags: ['attack:T1059', 'note:first'],
        signature: expect.stringMatching(/^[0-9a-f]{32}$/),
        lastInput: 'ls -la /root; cat /root/.ssh/authorized_keys 2>/dev/null',
        answers: { llm: 1 },
      })
    })

    it('names the user alone when a login was let in by its key', async () => {
      const session = uuid7()
      await keep(
        sampleEvent({ session, type: 'login', data: { method: 'publickey', username: 'git', fingerprint: 'SHA256:x', accepted: true } }),
      )
      expect((await store.session(session))?.credential).toBe('git')
    })

    it('ends a session when its last open visit closes', async () => {
      const session = uuid7()
      const open = (time: number): SundewEvent => sampleEvent({ session, time, type: 'session.open', data: {} })
      const close = (time: number): SundewEvent => {
        return sampleEvent({ session, time, type: 'session.close', data: { durationMs: 1, bytesIn: 0, bytesOut: 0, reason: 'attacker' } })
      }
      await keep(open(1000), open(1100), close(1200))
      expect((await store.session(session))?.endedAt).toBeUndefined()
      await keep(close(1300))
      expect((await store.session(session))?.endedAt).toBe(1300)
      await keep(open(1400))
      expect((await store.session(session))?.endedAt).toBeUndefined()
    })

    it('ends what was open when its sensor starts anew, at its last sign of life', async () => {
      const [mine, other, next] = [uuid7(), uuid7(), uuid7()]
      await keep(
        sampleEvent({ session: mine, time: 1000, type: 'session.open', data: {} }),
        sampleEvent({ session: mine, time: 1500 }),
        sampleEvent({ session: other, sensor: 'elsewhere', time: 1000, type: 'session.open', data: {} }),
        sampleEvent({ session: undefined, time: 9000, type: 'sensor.start', data: { version: '1', profile: 'mini', lures: 1 } }),
        sampleEvent({ session: next, time: 9001, type: 'session.open', data: {} }),
      )
      expect((await store.session(mine))?.endedAt).toBe(1500)
      expect((await store.session(other))?.endedAt).toBeUndefined()
      expect((await store.session(next))?.endedAt).toBeUndefined()
    })

    it('lists sessions newest first, and pages', async () => {
      const sessions = [1000, 2000, 2000, 3000].map((time) => sampleEvent({ session: uuid7(), time }))
      await keep(...sessions)
      const newest = sessions.map((event) => event.session!).reverse()
      const list = async (query: Parameters<EventStore['sessions']>[0]): Promise<string[]> =>
        (await store.sessions(query)).map((s) => s.session)
      expect(await list({})).toEqual(newest)
      expect(await list({ limit: 2 })).toEqual(newest.slice(0, 2))
      expect(await list({ limit: 2, before: newest[1]! })).toEqual(newest.slice(2))
      expect(await list({ limit: 2, offset: 1 })).toEqual(newest.slice(1, 3))
      expect(await list({ since: 2000, until: 3000 })).toEqual(newest.slice(1, 3))
    })

    it('selects sessions by lure, source and tag', async () => {
      const ssh = sampleTurn({ session: uuid7(), srcIp: '192.0.2.1' })
      const redis = sampleEvent({ session: uuid7(), srcIp: '192.0.2.2', tags: ['cve:CVE-2022-0543'] })
      await keep(ssh, redis)
      const list = async (query: Parameters<EventStore['sessions']>[0]): Promise<string[]> =>
        (await store.sessions(query)).map((s) => s.session)
      expect(await list({ lure: 'ssh' })).toEqual([ssh.session])
      expect(await list({ srcIp: '192.0.2.2' })).toEqual([redis.session])
      expect(await list({ tag: 'cve:CVE-2022-0543' })).toEqual([redis.session])
      expect(await list({ tag: 'cve:CVE-2022-0543', lure: 'ssh' })).toEqual([])
    })

    it('finds nothing by what nothing can be, whatever its characters', async () => {
      await keep(sampleTurn({ session: uuid7(), tags: ['note:x'] }))
      for (const odd of ['\0', '\ud800', "'; DROP TABLE event; --", '%_\\', 'x'.repeat(2_000), '\ue000']) {
        for (const found of [
          await ids({ session: odd }),
          await ids({ type: odd }),
          await ids({ lure: odd }),
          await ids({ srcIp: odd }),
          await store.sessions({ lure: odd }),
          await store.sessions({ srcIp: odd }),
          await store.sessions({ tag: odd }),
          await store.sessions({ where: { kind: 'is', field: 'lure', value: odd } }),
          await store.sessions({ where: { kind: 'is', field: 'last_input', value: `y${odd}` } }),
          await store.sessions({ where: { kind: 'is', field: 'username', value: odd } }),
          await store.sessions({ where: { kind: 'is', field: 'username', value: `*${odd}` } }),
          await store.sessions({ where: { kind: 'is', field: 'session', value: odd } }),
          await store.sessions({ where: { kind: 'text', text: `y${odd}` } }),
          await store.facts({ field: 'input', contains: `y${odd}` }),
          await store.sessionFacts(uuid7()),
        ]) {
          expect(found, JSON.stringify(odd.slice(0, 30))).toEqual([])
        }
        expect(await store.session(odd)).toBeUndefined()
      }
      expect(await ids({})).toHaveLength(1)
    })

    it('finds a session by a beginning of its id that is unique', async () => {
      const [first, second] = [uuid7(1_700_000_000_000), uuid7()]
      await keep(sampleEvent({ session: first }), sampleEvent({ session: second }))
      expect((await store.session(second))?.session).toBe(second)
      expect((await store.session(second.slice(0, 20)))?.session).toBe(second)
      // All ids of these years begin with 01.
      expect(await store.session('01')).toBeUndefined()
      expect(await store.session(uuid7())).toBeUndefined()
    })

    it('counts events, sessions, sources and dead letters, of all times or since one', async () => {
      await keep(
        sampleEvent({ session: uuid7(), srcIp: '192.0.2.1', time: 1000 }),
        sampleEvent({ session: uuid7(), srcIp: '192.0.2.1', time: 2000 }),
        sampleEvent({ session: uuid7(), srcIp: '192.0.2.2', time: 2000 }),
        sampleEvent({ session: undefined, time: 2000 }),
      )
      store.deadLetter({ event: sampleEvent({ time: 2000 }), reason: 'data.args: expected array' })
      await store.flush()
      expect(await store.counts()).toEqual({ events: 4, sessions: 3, sources: 2, deadLetters: 1 })
      expect(await store.counts(1500)).toEqual({ events: 3, sessions: 2, sources: 2, deadLetters: 1 })
    })

    it('keeps apart what does not fit its envelope or is no JSON', async () => {
      await keep(sampleEvent({ time: 1.5 }), sampleEvent({ session: 'not an id' }), sampleEvent({ data: { size: 1n } }), sampleEvent())
      expect(await store.counts()).toMatchObject({ events: 1, deadLetters: 3 })
    })

    it('lays aside what fits its envelope and cannot be stored, and keeps what came with it', async () => {
      const events = Array.from({ length: 9 }, () => sampleTurn({ session: uuid7() }))
      const bad = sampleTurn({ data: undefined as never })
      await keep(...events.slice(0, 5), bad, ...events.slice(5))
      expect(store.health()).toMatchObject({ spooled: 0, trouble: undefined })
      expect(await ids({})).toEqual(events.map(({ id }) => id))
      expect(await store.deadLetters()).toEqual([
        { event: JSON.parse(JSON.stringify(bad)), reason: expect.stringMatching(/^cannot be stored: /) },
      ])
    })

    it('deletes by age whole sessions that have been silent so long, and leaves the others whole', async () => {
      const now = Date.now()
      const [old, lasting] = [uuid7(), uuid7()]
      await keep(
        sampleEvent({ session: old, time: now - 12 * DAY, tags: ['note:old'] }),
        sampleEvent({ session: lasting, time: now - 12 * DAY }),
        sampleEvent({ session: lasting, time: now - DAY }),
        sampleEvent({ time: now - 11 * DAY }),
        sampleEvent({ time: now - 9 * DAY }),
      )
      store.deadLetter({ event: sampleEvent({ time: now - 11 * DAY }), reason: 'old' })
      await store.flush()
      expect(await store.retain({ days: 10, bytes: 1e12 })).toEqual({ deletedEvents: 2 })
      expect(await store.session(old)).toBeUndefined()
      expect(await store.sessions({ tag: 'note:old' })).toEqual([])
      expect(await store.events({ session: lasting })).toHaveLength(2)
      expect(await store.counts()).toEqual({ events: 3, sessions: 1, sources: 1, deadLetters: 0 })
    })

    it('deletes by size the oldest until the rest fits', async () => {
      const sessions = Array.from({ length: 40 }, () => uuid7())
      const events = sessions.flatMap((session, n) => Array.from({ length: 50 }, () => sampleTurn({ session, time: 1_000_000 + n })))
      await keep(...events)
      const before = (await store.counts()).events
      const { deletedEvents } = await store.retain({ days: 1e6, bytes: 1_500_000 })
      expect(deletedEvents).toBeGreaterThan(0)
      expect((await store.counts()).events).toBe(before - deletedEvents)
      // Half is left at least: it deletes no more than it must.
      expect(deletedEvents).toBeLessThan(before * 0.75)
      const left = (await store.sessions({})).map((s) => s.session).reverse()
      expect(left).toEqual(sessions.slice(-left.length))
      expect(await store.retain({ days: 1e6, bytes: 1_500_000 })).toEqual({ deletedEvents: 0 })
    })

    it('says how it is', async () => {
      store.append(sampleEvent())
      expect(store.health()).toMatchObject({ waiting: 1, spooled: 0, trouble: undefined })
      await store.flush()
      expect(store.health()).toMatchObject({ waiting: 0, spooled: 0, refused: 0, trouble: undefined })
      expect(store.health().bytes).toBeGreaterThan(0)
    })
  })
}
