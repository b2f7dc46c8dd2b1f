/**
 * The remote terminal unit of a water works, IEC 60870-5-104.
 *
 *   nmap:     TESTFR, STARTDT, C_IC_NA_1 to all          us: confirmations, every signal, termination
 *   attacker: C_SC_NA_1, P101_CMD on, execute            us: the same back; the pump starts          → iec104.asdu, a write
 *   attacker: C_DC_NA_1, valve off, not selected         us: negative confirmation
 *   us:       M_ME_TF_1, spontaneous                     as long as data transfer is started
 *
 * frame.ts and asdu.ts are the codec, link.ts sequence numbers and time-outs, commands.ts the control direction, station.ts the
 * plant's signals at their addresses.
 */
import { z } from 'zod'
import { plantOf } from '../../host/plant/plant.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { decodeAsdu } from './asdu.ts'
import { type Desk, initialized, perform } from './commands.ts'
import { iec104Events, TECHNIQUES, TYPE_NAMES } from './events.ts'
import { decodeFrame, encodeFrame, type Frame, HEADER_BYTES, Iec104Error, LENGTH, START, U } from './frame.ts'
import { Link } from './link.ts'
import { Station } from './station.ts'

const FRAMES = 100_000
const TICK_MS = 1000
const FRAME_MS = 15_000
const FUNCTIONS: Record<number, string> = {
  [U.startAct]: 'STARTDT',
  [U.stopAct]: 'STOPDT',
  [U.testAct]: 'TESTFR',
  [U.testCon]: 'TESTFR con',
}
const CONFIRMATIONS: Record<number, number> = { [U.startAct]: U.startCon, [U.stopAct]: U.stopCon, [U.testAct]: U.testCon }

type Iec104Visit = Visit<typeof iec104Events>

interface Room {
  station: Station
  /** A restart was commanded, which the next controlling station is told. */
  hasRestarted: boolean
}

export default defineLure({
  name: 'iec104',
  standsFor: ['Conpot'],
  about: 'IEC 60870-5-104 outstation of a water works',
  profiles: ['standard', 'ics', 'mini'],
  ports: [{ transport: 'tcp', port: 2404 }],
  options: z.strictObject({}),
  events: iec104Events,

  start: ({ identity, persona, state }): Room => ({
    station: new Station(identity, plantOf({ identity, state, persona })),
    hasRestarted: false,
  }),

  async serve(visit, { room }) {
    const connection = new Connection(visit, room)
    try {
      for (let frames = 0; frames < FRAMES; ) {
        const came = await waits(visit)
        if (came === 'end') return
        if (came === 'bytes') {
          frames++
          if (!(await connection.take(await nextFrame(visit)))) return
        }
        await connection.tick()
      }
      throw new LimitReached('frames', FRAMES)
    } catch (error) {
      if (!(error instanceof Iec104Error)) throw error
      visit.record('iec104.malformed', { message: error.message })
    }
  },
})

/** Waits for bytes, a second at most. */
async function waits(visit: Iec104Visit): Promise<'bytes' | 'tick' | 'end'> {
  try {
    const bytes = await visit.read({ within: TICK_MS })
    if (!bytes) return 'end'
    visit.unread(bytes)
    return 'bytes'
  } catch (error) {
    if (error instanceof LimitReached && error.limit === 'read-deadline') return 'tick'
    throw error
  }
}

async function nextFrame(visit: Iec104Visit): Promise<Frame> {
  const [start, length = 0] = await visit.exactly(HEADER_BYTES, { within: FRAME_MS })
  if (start !== START || length < LENGTH.min || length > LENGTH.max) throw new Iec104Error('not a frame')
  return decodeFrame(await visit.exactly(length, { within: FRAME_MS }))
}

/** One controlling station. */
class Connection {
  readonly #visit: Iec104Visit
  readonly #room: Room
  readonly #link: Link
  readonly #desk: Desk = {}
  /** What was told last of each object, by its address. */
  readonly #told = new Map<number, number>()
  #toldAt = 0

  constructor(visit: Iec104Visit, room: Room) {
    this.#visit = visit
    this.#room = room
    this.#link = new Link(visit)
  }

  /** False when the connection is to be closed. */
  async take(frame: Frame): Promise<boolean> {
    this.#link.heard()
    if (frame.kind === 'U') {
      await this.#control(frame.function)
      return true
    }
    await this.#link.acknowledge(frame.receive)
    if (frame.kind === 'S') return true
    this.#link.accept(frame.send)
    if (!this.#link.started) {
      this.#visit.record('iec104.malformed', { message: 'data before STARTDT' })
      return true
    }
    const restarts = await this.#answer(frame.asdu)
    await this.#link.confirm()
    return !restarts
  }

  /** Time-outs, and once a second what has changed in the plant. */
  async tick(): Promise<void> {
    await this.#link.tick()
    const now = Date.now()
    if (!this.#link.started || this.#link.isFull || now - this.#toldAt < TICK_MS) return
    this.#toldAt = now
    const { station } = this.#room
    const changed = station.monitored.filter((one) => {
      const value = station.value(one)
      const before = this.#told.get(one.address)
      if (before !== undefined && !station.hasChanged(one, before, value)) return false
      this.#told.set(one.address, value)
      return before !== undefined
    })
    await this.#link.send(station.spontaneous(changed))
  }

  async #control(kind: number): Promise<void> {
    const name = FUNCTIONS[kind]
    if (name === undefined) throw new Iec104Error(`control function ${kind}`)
    if (kind !== U.testCon) this.#visit.record('iec104.control', { function: name }, TECHNIQUES.scan)
    const confirmation = CONFIRMATIONS[kind]
    if (confirmation === undefined) return
    if (kind === U.stopAct) await this.#link.confirm(1)
    await this.#visit.write(encodeFrame({ kind: 'U', function: confirmation }))
    if (kind === U.testAct) return
    this.#link.started = kind === U.startAct
    if (!this.#link.started || !this.#room.hasRestarted) return
    this.#room.hasRestarted = false
    await this.#link.send(initialized(this.#room.station))
  }

  /** Whether the station starts again now. */
  async #answer(bytes: Buffer): Promise<boolean> {
    const { station } = this.#room
    const asdu = decodeAsdu(bytes)
    const { answers, action, value, text, select, result, restarts } = perform(asdu, bytes, station, this.#desk)
    const tag =
      station.commanded.get(asdu.address)?.point.tag ?? station.monitored.find(({ address }) => address === asdu.address)?.point.tag
    this.#visit.record(
      'iec104.asdu',
      {
        type: asdu.type,
        name: TYPE_NAMES[asdu.type] ?? `Type ${asdu.type}`,
        action,
        cause: asdu.cause,
        originator: asdu.originator,
        commonAddress: asdu.commonAddress,
        objectAddress: asdu.address,
        ...(tag === undefined ? {} : { tag }),
        ...(value === undefined || !Number.isFinite(value) ? {} : { value }),
        ...(text === undefined ? {} : { time: text }),
        ...(select === undefined ? {} : { select }),
        result,
        raw: bytes.toString('hex'),
      },
      TECHNIQUES[action],
    )
    await this.#link.send(answers)
    if (restarts) this.#room.hasRestarted = true
    return restarts === true
  }
}
