import { formatInZone } from '../../host/zone-time.ts'
import type { Stamp } from './answer.ts'

/** Times and control ids of answers: an id is the time to the millisecond, moved on when two answers fall into one. */
export class Stamps {
  #last = 0

  next(zone: string, now = Date.now()): Stamp {
    this.#last = Math.max(now, this.#last + 1)
    const milliseconds = String(this.#last % 1000).padStart(3, '0')
    const seconds = formatInZone(this.#last, zone, '%Y%m%d%H%M%S')
    return { time: `${seconds}.${milliseconds}`, controlId: `${seconds}${milliseconds}` }
  }
}
