/** Signals of Linux on x86 and ARM; signal(7). */
export const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
  RTMIN: 34,
  RTMAX: 64,
}

const NAMES = new Map(Object.entries(SIGNALS).map(([name, number]) => [number, name]))

/** Name without SIG of a signal given as `TERM`, `SIGTERM`, `sigterm` or `15`; `0` stays `0`. */
export function signalName(given: string): string | undefined {
  if (/^\d{1,3}$/.test(given)) return given === '0' ? '0' : NAMES.get(Number(given))
  const name = given.toUpperCase().replace(/^SIG/, '')
  if (name === 'POLL') return 'IO'
  if (name === 'IOT') return 'ABRT'
  if (name === 'CLD') return 'CHLD'
  return Object.hasOwn(SIGNALS, name) ? name : undefined
}

export function signalByNumber(number: number): string | undefined {
  return NAMES.get(number)
}

/** What strsignal says; bash prints it for a job that a signal ended. */
export const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  HUP: 'Hangup',
  INT: 'Interrupt',
  QUIT: 'Quit',
  ILL: 'Illegal instruction',
  TRAP: 'Trace/breakpoint trap',
  ABRT: 'Aborted',
  BUS: 'Bus error',
  FPE: 'Floating point exception',
  KILL: 'Killed',
  USR1: 'User defined signal 1',
  SEGV: 'Segmentation fault',
  USR2: 'User defined signal 2',
  PIPE: 'Broken pipe',
  ALRM: 'Alarm clock',
  TERM: 'Terminated',
  STKFLT: 'Stack fault',
  XCPU: 'CPU time limit exceeded',
  XFSZ: 'File size limit exceeded',
  VTALRM: 'Virtual timer expired',
  PROF: 'Profiling timer expired',
  IO: 'I/O possible',
  PWR: 'Power failure',
  SYS: 'Bad system call',
}

export type DefaultAction = 'end' | 'ignore' | 'stop' | 'continue'

export function defaultAction(name: string): DefaultAction {
  if (name === 'CHLD' || name === 'WINCH' || name === 'URG') return 'ignore'
  if (name === 'STOP' || name === 'TSTP' || name === 'TTIN' || name === 'TTOU') return 'stop'
  return name === 'CONT' ? 'continue' : 'end'
}
