/** One queue of the print server. */
export interface Queue {
  id: number
  name: string
  info: string
  location: string
  makeAndModel: string
  deviceId: string
  /** Where it sends what is printed. */
  deviceUri: string
  uuid: string
  pagesPerMinute: number
  /** Pages in its life. */
  pagesPrinted: number
  isAccepting: boolean
  isStopped: boolean
  isShared: boolean
  /** UTC milliseconds of the last change of its configuration, and of its state. */
  configuredAt: number
  changedAt: number
}

/** States of a printer (RFC 8011 §5.4.11). */
export const PRINTER_STATE = { idle: 3, processing: 4, stopped: 5 } as const
