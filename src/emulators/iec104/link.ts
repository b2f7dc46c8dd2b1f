import type { Visit } from '../../sensor/visit.ts'
import type { iec104Events } from './events.ts'
import { encodeFrame, Iec104Error, U } from './frame.ts'

/** Parameters of §9.6: unacknowledged frames sent and received, and time-outs. */
const K = 12
const W = 8
const T1_MS = 15_000
const T2_MS = 10_000
const T3_MS = 20_000
const MODULO = 1 << 15
/** ASDUs that wait for the peer's acknowledgements. */
const WAITING = 128

/** The numbered transmission of one connection: sequence numbers, windows and time-outs (§5). */
export class Link {
  readonly #visit: Visit<typeof iec104Events>
  started = false
  #sent = 0
  #acknowledged = 0
  #received = 0
  #confirmed = 0
  #sentAt: number[] = []
  #receivedAt = 0
  #heardAt = Date.now()
  #testedAt = 0
  readonly #waiting: Buffer[] = []

  constructor(visit: Visit<typeof iec104Events>) {
    this.#visit = visit
  }

  /** Whether the peer would have to acknowledge first. */
  get isFull(): boolean {
    return this.#waiting.length > 0 || this.#outstanding >= K
  }

  get #outstanding(): number {
    return (this.#sent - this.#acknowledged + MODULO) % MODULO
  }

  /** Something came from the peer. */
  heard(): void {
    this.#heardAt = Date.now()
    this.#testedAt = 0
  }

  /** Takes the number of an I frame. @throws Iec104Error when frames are missing: the connection is to be closed */
  accept(number: number): void {
    if (number !== this.#received) throw new Iec104Error(`N(S) ${number}, expected ${this.#received}`)
    this.#received = (this.#received + 1) % MODULO
    if (this.#receivedAt === 0) this.#receivedAt = Date.now()
  }

  /** Takes an acknowledgement. @throws Iec104Error for one of a frame that was never sent */
  async acknowledge(number: number): Promise<void> {
    const count = (number - this.#acknowledged + MODULO) % MODULO
    if (count > this.#outstanding) throw new Iec104Error(`N(R) ${number} of frames that were not sent`)
    this.#acknowledged = number
    this.#sentAt.splice(0, count)
    while (this.#waiting.length > 0 && this.#outstanding < K) await this.#transmit(this.#waiting.shift()!)
  }

  /** Sends ASDUs, as far as the window is open; the others when it opens. */
  async send(asdus: readonly Buffer[]): Promise<void> {
    for (const asdu of asdus) {
      if (this.#waiting.length === 0 && this.#outstanding < K) await this.#transmit(asdu)
      else if (this.#waiting.push(asdu) > WAITING) throw new Iec104Error('the peer acknowledges nothing')
    }
  }

  /** Acknowledges by an S frame when enough has come, and nothing of ours has done it. */
  async confirm(least = W): Promise<void> {
    if ((this.#received - this.#confirmed + MODULO) % MODULO < least) return
    this.#marksConfirmed()
    await this.#visit.write(encodeFrame({ kind: 'S', receive: this.#received }))
  }

  /** What time brings. @throws Iec104Error when the peer is silent for too long */
  async tick(): Promise<void> {
    const now = Date.now()
    if (this.#receivedAt > 0 && now - this.#receivedAt >= T2_MS) await this.confirm(1)
    if (this.#testedAt > 0 && now - this.#testedAt >= T1_MS) throw new Iec104Error('TESTFR was not answered')
    if (now - (this.#sentAt[0] ?? now) >= T1_MS) throw new Iec104Error('an I frame was not acknowledged')
    if (this.#testedAt === 0 && now - this.#heardAt >= T3_MS) {
      this.#testedAt = now
      await this.#visit.write(encodeFrame({ kind: 'U', function: U.testAct }))
    }
  }

  async #transmit(asdu: Buffer): Promise<void> {
    const frame = encodeFrame({ kind: 'I', send: this.#sent, receive: this.#received, asdu })
    this.#sent = (this.#sent + 1) % MODULO
    this.#sentAt.push(Date.now())
    this.#marksConfirmed()
    await this.#visit.write(frame)
  }

  #marksConfirmed(): void {
    this.#confirmed = this.#received
    this.#receivedAt = 0
  }
}
