/** The objects of PostScript (PLRM §3.3), as far as a dialogue with a printer needs them. */

/** An error that a program can catch with `stopped`, by its name: `typecheck`. */
export class PsError extends Error {
  constructor(name: string) {
    super(name)
    this.name = 'PsError'
  }
}

export class PsName {
  readonly text: string
  readonly isExecutable: boolean

  constructor(text: string, isExecutable: boolean) {
    this.text = text
    this.isExecutable = isExecutable
  }
}

/** One character a byte; `put` changes it for all who hold it. */
export class PsString {
  text: string

  constructor(text: string) {
    this.text = text
  }
}

export class PsArray {
  readonly items: PsObject[]
  readonly isExecutable: boolean

  constructor(items: PsObject[], isExecutable: boolean) {
    this.items = items
    this.isExecutable = isExecutable
  }
}

export type PsDict = Map<string, PsObject>

export class PsMark {
  readonly text = '-mark-'
}
export const MARK: PsMark = new PsMark()

export class PsFile {
  readonly name: string
  readonly mode: string
  data: string
  at = 0

  constructor(name: string, mode: string, data: string) {
    this.name = name
    this.mode = mode
    this.data = data
  }
}

export type PsObject = number | boolean | null | PsName | PsString | PsArray | PsDict | PsFile | PsMark

/** As `=` and `cvs` write an object. */
export function plainText(object: PsObject): string {
  if (object instanceof PsString) return object.text
  if (object instanceof PsName) return object.text
  return typeof object === 'number' || typeof object === 'boolean' ? String(object) : '--nostringval--'
}

/** As `==` writes an object: so that it could be read again. */
export function syntaxText(object: PsObject, depth = 0): string {
  if (object === null) return 'null'
  if (object instanceof PsMark) return object.text
  if (object instanceof PsString) return `(${object.text.replace(/[\\()]/g, '\\$&').replace(/\n/g, '\\n')})`
  if (object instanceof PsName) return object.isExecutable ? object.text : `/${object.text}`
  if (object instanceof Map) return '-dict-'
  if (object instanceof PsFile) return '-file-'
  if (!(object instanceof PsArray)) return plainText(object)
  const inner =
    depth > 8
      ? '...'
      : object.items
          .slice(0, 200)
          .map((one) => syntaxText(one, depth + 1))
          .join(' ')
  return object.isExecutable ? `{${inner}}` : `[${inner}]`
}

/** Dictionaries are kept by the text of their keys. */
export function keyOf(object: PsObject): string {
  if (object instanceof PsName || object instanceof PsString || typeof object === 'number') return plainText(object)
  throw new PsError('typecheck')
}
