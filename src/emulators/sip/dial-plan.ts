import type { Identity } from '../../config/identity.ts'
import { calledNumber } from './number.ts'

/** Where a called number leads: it rings, or is refused with a status. */
export type Destination = 'rings' | 'missing' | 'incomplete' | 'barred'

/** Country codes of premium, satellite and shared-cost numbers, which the trunk does not carry. */
const BARRED = /^(1900|87[08]|88[123]|979)/
/** What callers write before an international number when they are not on the PBX's own telephones. */
const ALWAYS_OUT = new Set(['+', '00'])

/** The dialling plan: its extensions, national numbers, and international ones behind the digit for an outside line. */
export class DialPlan {
  /** Dialled before a number to get an outside line. Whoever knows no better tries prefix after prefix. */
  readonly outsideLine: string
  readonly #has: (extension: string) => boolean

  constructor(identity: Identity, has: (extension: string) => boolean) {
    this.outsideLine = identity.pick('sip/outside-line', ['9', '0', '8', '7'])
    this.#has = has
  }

  /** @param dialled user part of the Request-URI */
  destination(dialled: string): Destination {
    const { kind, prefix, e164 } = calledNumber(dialled)
    if (e164 !== undefined) {
      if (!ALWAYS_OUT.has(prefix) && prefix !== `${this.outsideLine}00`) return 'missing'
      return BARRED.test(e164) ? 'barred' : 'rings'
    }
    if (this.#has(dialled)) return 'rings'
    // The beginning of a number that there would be: Asterisk waits for more digits.
    if (/^\+?\d{0,9}$/.test(dialled) && [...ALWAYS_OUT, `${this.outsideLine}00`].some((out) => dialled.startsWith(out))) return 'incomplete'
    return kind === 'national' && dialled.startsWith('0') ? 'rings' : 'missing'
  }
}
