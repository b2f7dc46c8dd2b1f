import type { SundewEvent } from '../events/schema.ts'

/** The stream of all events, and the consumer that all hives share. */
export const EVENTS = 'SUNDEW_EVENTS'
export const CONSUMER = 'hive'
const EVENT_SUBJECT = 'sundew.events'

/** The key-value bucket that carries personas, prompts, pins and answers to the sensors. */
export const CONFIG = 'sundew-config'

/** Every event subject, of whatever sensor. */
export const ALL_EVENTS = `${EVENT_SUBJECT}.>`

export function subjectOfEvents(sensor: string): string {
  return `${EVENT_SUBJECT}.${sensor}`
}

/** `sundew.events.<sensor>.<lure>.<type>`; a token has no dots, spaces or wildcards. */
export function subjectOf({ sensor, lure, type }: SundewEvent): string {
  const token = (text: string): string => text.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  return `${subjectOfEvents(sensor)}.${token(lure ?? 'sensor')}.${type.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}`
}

/** Who may have published on a subject, as the server's permissions have it. */
export function sensorOf(subject: string): string {
  return subject.split('.')[2] ?? ''
}

/** A sensor's bucket of the object store: nobody else may write there. */
export function bucketOf(sensor: string): string {
  return `sundew-files-${sensor}`
}

/** Replies go there, and a sensor may listen to its own alone. */
export function inboxOf(sensor: string): string {
  return `_INBOX_${sensor}`
}

/** The request that reads one key of the configuration bucket without a consumer (NATS ADR-31). */
export function configKeySubject(key: string): string {
  return `$JS.API.DIRECT.GET.KV_${CONFIG}.$KV.${CONFIG}.${key}`
}

/** All that a sensor may do: publish as itself, and read what the hive has for all. */
export function permissionsOf(sensor: string): { publish: string[]; subscribe: string[] } {
  return {
    publish: [
      `${subjectOfEvents(sensor)}.>`,
      `$O.${bucketOf(sensor)}.C.>`,
      `$O.${bucketOf(sensor)}.M.>`,
      `$JS.API.DIRECT.GET.KV_${CONFIG}.>`,
    ],
    subscribe: [`${inboxOf(sensor)}.>`],
  }
}
