/** Signals of Linux on x86 and MIPS alike where bots use them, in the order of `kill -l`. */
export const SIGNALS: readonly string[] = [
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'STKFLT',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'POLL',
  'PWR',
  'SYS',
]

/** Name of a signal given as `9`, `KILL` or `SIGKILL`; undefined when there is none. */
export function signalName(text: string): string | undefined {
  if (text === '0' || text === 'EXIT') return '0'
  if (/^\d{1,2}$/.test(text)) return SIGNALS[Number(text) - 1]
  const name = text.toUpperCase().replace(/^SIG/, '')
  return SIGNALS.includes(name) ? name : undefined
}
