import type { Logger } from 'pino'

/** What no visit has caught is a fault of ours; it must not be a way to end the sensor for everybody. */
export function outliveFaults(log: Pick<Logger, 'error'>): void {
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (fault: unknown) => {
      const stack = fault instanceof Error ? fault.stack : String(fault)
      log.error({ kind, fault: stack }, 'a fault outside of any visit; the sensor goes on, please report it')
    })
  }
}
