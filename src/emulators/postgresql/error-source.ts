import sources from './error-sources.json' with { type: 'json' }

/** File, line and routine that PostgreSQL 15.18 names with an error, by its code and shape. */
const SOURCES = sources as unknown as Record<string, [file: string, line: number, routine: string]>

export interface ErrorSource {
  file: string
  line: number
  routine: string
}

export function sourceOf(code: string, message: string): ErrorSource {
  const shape = message
    .slice(0, 2000)
    .replace(/"[^"]*"/g, '"%"')
    .replace(/\d+/g, 'N')
    .replace(/function \S+\(.*\) does/, 'function %() does')
    .replace(/operator does not exist: .*/, 'operator does not exist: %')
    .replace(/type \w[\w ]*:/, 'type %:')
    .replace(/column \w+\.\w+ does/, 'column %.% does')
  const known = SOURCES[`${code} ${shape}`] ??
    Object.entries(SOURCES).find(([key]) => key.startsWith(`${code} `))?.[1] ?? ['postgres.c', 2893, 'ProcessInterrupts']
  const [file, line, routine] = known
  return { file, line, routine }
}
