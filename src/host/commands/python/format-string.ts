import { type StringToken, unescaped } from './literals.ts'
import { type Expression, type FormatPart, PythonSyntaxError, type Span } from './syntax.ts'

type Embedded = (text: string, line: number, column: number) => Expression

/** Fields of a format spec may hold fields, one level deep. */
const MOST_LEVELS = 2

/** The parts of an f-string literal. @throws PythonSyntaxError */
export function parseFormat(piece: StringToken, at: Span, embedded: Embedded): FormatPart[] {
  return new FormatReader(piece, at, embedded).parts(0)
}

class FormatReader {
  readonly #body: string
  readonly #piece: StringToken
  readonly #at: Span
  readonly #embedded: Embedded
  #i = 0

  constructor(piece: StringToken, at: Span, embedded: Embedded) {
    this.#body = piece.body
    this.#piece = piece
    this.#at = at
    this.#embedded = embedded
  }

  /** Up to the end of the body, or to the `}` of the field when inside a format spec. */
  parts(level: number): FormatPart[] {
    if (level >= MOST_LEVELS) throw this.#error('expressions nested too deeply')
    const parts: FormatPart[] = []
    let text = ''
    const flush = (): void => {
      if (text !== '') parts.push(this.#piece.raw ? text : unescaped(text, this.#at))
      text = ''
    }
    while (this.#i < this.#body.length) {
      const c = this.#body[this.#i] as string
      if (c === '{' && this.#body[this.#i + 1] === '{' && level === 0) {
        text += '{'
        this.#i += 2
      } else if (c === '{') {
        flush()
        this.#i++
        parts.push(...this.#field(level))
      } else if (c === '}') {
        if (level > 0) break
        if (this.#body[this.#i + 1] !== '}') throw this.#error("single '}' is not allowed")
        text += '}'
        this.#i += 2
      } else if (c === '\\' && !this.#piece.raw && this.#i + 1 < this.#body.length) {
        text += this.#body.slice(this.#i, this.#i + 2)
        this.#i += 2
      } else {
        text += c
        this.#i++
      }
    }
    flush()
    return parts
  }

  #field(level: number): FormatPart[] {
    const start = this.#i
    this.#skipExpression()
    const source = this.#body.slice(start, this.#i)
    if (source.trim() === '' || source.trim() === '!') throw this.#error('empty expression not allowed')
    const before = this.#body.slice(0, start)
    const line = this.#at.line + (before.match(/\n/g)?.length ?? 0)
    const column = before.includes('\n') ? start - before.lastIndexOf('\n') - 1 : this.#at.column + this.#piece.opening + start
    const lead = source.length - source.trimStart().length
    const value = this.#embedded(source.trim(), line, column + lead)
    const shown: FormatPart[] = []
    if (this.#body[this.#i] === '=') {
      this.#i++
      while (/\s/.test(this.#body[this.#i] ?? '')) this.#i++
      shown.push(this.#body.slice(start, this.#i))
    }
    let conversion = ''
    if (this.#body[this.#i] === '!') {
      conversion = this.#body[this.#i + 1] ?? ''
      this.#i += 2
      if (!/^[sra]$/.test(conversion)) throw this.#error(`invalid conversion character: expected 's', 'r', or 'a'`)
    }
    let format: FormatPart[] | undefined
    if (this.#body[this.#i] === ':') {
      this.#i++
      format = this.parts(level + 1)
    }
    if (this.#body[this.#i] !== '}') throw this.#error("expecting '}'")
    this.#i++
    return [...shown, { value, conversion: conversion || (shown.length > 0 && !format ? 'r' : ''), format }]
  }

  #skipExpression(): void {
    const open: string[] = []
    for (; this.#i < this.#body.length; this.#i++) {
      const c = this.#body[this.#i] as string
      if (c === '\\') throw this.#error('expression part cannot include a backslash')
      if (c === '#') throw this.#error("expression part cannot include '#'")
      if (c === '"' || c === "'") {
        const end = this.#body.indexOf(c, this.#i + 1)
        if (end < 0) throw this.#error('unterminated string')
        this.#i = end
        continue
      }
      if ('([{'.includes(c)) open.push(c)
      else if (')]}'.includes(c)) {
        if (open.length === 0) {
          if (c === '}') return
          throw this.#error(`unmatched '${c}'`)
        }
        open.pop()
      } else if (open.length === 0) {
        const next = this.#body[this.#i + 1]
        if (c === ':') return
        if (c === '!' && next !== '=') return
        if (c === '=' && next !== '=' && !/[=!<>]/.test(this.#body[this.#i - 1] ?? '')) return
        if (c === '=' && next === '=') this.#i++
      }
    }
    throw this.#error(open.length > 0 ? `'${open.at(-1)}' was never closed` : "expecting '}'")
  }

  #error(message: string): PythonSyntaxError {
    const { endLine, endColumn } = this.#at
    return new PythonSyntaxError(`f-string: ${message}`, { line: endLine, column: endColumn, endLine, endColumn: endColumn + 1 })
  }
}
