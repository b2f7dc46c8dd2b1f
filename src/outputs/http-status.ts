import type { z } from 'zod'
import type { HttpAnswer } from './egress.ts'
import { Busy, Refused } from './sink.ts'

/** Says nothing about the events: the receiver is full, away, misconfigured, or does not know us. */
const PASSING = new Set([401, 403, 404, 405, 407, 408, 409, 421, 423, 425, 429])

/** Whether a status lays what it answers to the events' charge, so that they will never be taken. */
export function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING.has(status)
}

/**
 * Throws unless the receiver took the whole of a request.
 * @throws {Refused} when it will never take it: the events are at fault
 * @throws {Busy} when it may later
 */
export function demandTaken(answer: HttpAnswer, receiver: string): void {
  const { status, headers, body } = answer
  if (status >= 200 && status < 300) return
  const message = `${receiver} answered ${status}${body ? `: ${body.slice(0, 300).replaceAll(/\s+/g, ' ')}` : ''}`
  if (isRefusal(status)) throw new Refused(message)
  throw new Busy(message, retryAfter(headers['retry-after']))
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d{1,6}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined
}

/** What a receiver said, when it is JSON of this shape. */
export function saidIn<T>({ body }: HttpAnswer, shape: z.ZodType<T>): T | undefined {
  try {
    return shape.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
