import type { TextRule } from './rule.ts'

/**
 * Everything a terminal would act on. Of it only these may pass: tab, line ends, backspace, bell, colours (SGR), erasing (ED, EL)
 * and cursor moves (CUU to CHA, CUP), as `clear`, `ls --color` and progress bars send them. Titles, clipboard (OSC 52), device
 * queries, key remapping and character set switches go.
 */
const ESCAPES =
  /\x1b\[[0-9;]{0,32}[A-HJKm]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]{0,4096}(?:\x1b\\)?|\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]?|\x1b[ -/]{0,4}[0-~]?|[\x00-\x06\x0b-\x0c\x0e-\x1a\x1c-\x1f\x7f\x80-\x9f]/g
const HARMLESS = /^\x1b\[[0-9;]{0,32}[A-HJKm]$/

export const terminalControl: TextRule = {
  name: 'terminal-control',
  kinds: ['shell', 'tcp'],
  looksAt: (field) => field === 'stdout' || field === 'stderr' || field === 'output',
  examine(text) {
    return text.replace(ESCAPES, (sequence) => (HARMLESS.test(sequence) ? sequence : ''))
  },
}

/** Pages hold no control characters but white space. */
export const pageControl: TextRule = {
  name: 'page-control',
  kinds: ['web'],
  examine(text) {
    return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '')
  },
}
