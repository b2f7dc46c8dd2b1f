import recorded from './library-frames.json' with { type: 'json' }
import type { TraceLine } from './value.ts'

const FRAMES: Readonly<Record<string, readonly (readonly [file: string, line: number, name: string, text: string, marks: string])[]>> =
  recorded as never

/**
 * Lines of a traceback below a function of CPython's library that is ours here, as recorded from 3.11.2: by the function, the exception's
 * class and the beginning of its message, or by the first two.
 */
export function libraryLines(name: string, cls: string, message: unknown): TraceLine[] {
  const exact = typeof message === 'string' ? FRAMES[`${name}/${cls}/${message.split(/[:'"]/)[0]}`] : undefined
  return (exact ?? FRAMES[`${name}/${cls}`] ?? []).map(([file, line, called, text, marks]) => ({
    file: file.startsWith('<') ? file : `/usr/lib/python3.11/${file}`,
    line,
    name: called,
    text: text || undefined,
    marks: marks || undefined,
  }))
}
