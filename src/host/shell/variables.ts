import type { HostText } from '../command.ts'

/** One variable of the shell with its attributes, as `declare -p` shows them. */
export interface Variable {
  /** Undefined = declared and not set. */
  value: HostText | undefined
  /** Indexed array; then `value` is not used. */
  array?: Map<number, HostText>
  /** Associative array. */
  table?: Map<HostText, HostText>
  /** An array that was declared and never given anything. */
  unassigned?: boolean
  exported?: boolean
  readonly?: boolean
  integer?: boolean
  lower?: boolean
  upper?: boolean
  /** The value is the name of another variable. */
  reference?: boolean
}

/** What a variable takes beside its values, and an element of an array beside its text. */
const VARIABLE_BYTES = 128
export const ELEMENT_BYTES = 64

/** Bytes that a variable takes. */
export function variableBytes({ value, array, table }: Variable): number {
  let bytes = VARIABLE_BYTES + (value?.length ?? 0)
  for (const element of array?.values() ?? []) bytes += ELEMENT_BYTES + element.length
  for (const [key, element] of table ?? []) bytes += ELEMENT_BYTES + key.length + element.length
  return bytes
}

/** The variables of one shell: globals, and a frame of locals for each function that runs (dynamic scope). */
export class Variables {
  readonly #frames: Map<string, Variable>[]
  /** Told of the bytes of variables that are gone. */
  released: (bytes: number) => void = () => undefined

  constructor(frames: Map<string, Variable>[] = [new Map()]) {
    this.#frames = frames
  }

  find(name: string): Variable | undefined {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const variable = this.#frames[i]?.get(name)
      if (variable) return variable
    }
    return undefined
  }

  /** Follows `declare -n` references; a circle ends where it began. */
  resolve(name: string): string {
    let at = name
    for (let hops = 0; hops < 8; hops++) {
      const variable = this.find(at)
      if (!variable?.reference || !variable.value) return at
      at = variable.value
    }
    return name
  }

  /** The variable to assign to: the nearest of that name, or a new global. */
  make(name: string): Variable {
    const found = this.find(name)
    if (found) return found
    const variable: Variable = { value: undefined }
    this.#frames[0]?.set(name, variable)
    return variable
  }

  /** A local of the running function; outside of functions a global. */
  makeLocal(name: string): Variable {
    const frame = this.#frames.at(-1) as Map<string, Variable>
    const found = frame.get(name)
    if (found) return found
    const outer = this.find(name)
    const variable: Variable = { value: undefined, ...(outer?.exported && { exported: true }) }
    frame.set(name, variable)
    return variable
  }

  makeGlobal(name: string): Variable {
    const frame = this.#frames[0] as Map<string, Variable>
    const variable = frame.get(name) ?? { value: undefined }
    frame.set(name, variable)
    return variable
  }

  isLocal(name: string): boolean {
    return this.#frames.length > 1 && (this.#frames.at(-1)?.has(name) ?? false)
  }

  unset(name: string): void {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i]
      const variable = frame?.get(name)
      if (!variable) continue
      this.released(variableBytes(variable))
      // bash keeps an unset local as unset, so that the global does not shine through.
      if (i > 0 && i === this.#frames.length - 1) frame?.set(name, { value: undefined })
      else frame?.delete(name)
      return
    }
  }

  /** Takes a variable away or puts it back, for assignments before a command. */
  replace(name: string, variable: Variable | undefined): void {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i]
      if (i > 0 && !frame?.has(name)) continue
      if (variable) frame?.set(name, variable)
      else frame?.delete(name)
      return
    }
  }

  pushFrame(): void {
    this.#frames.push(new Map())
  }

  popFrame(): void {
    if (this.#frames.length < 2) return
    for (const variable of this.#frames.pop()?.values() ?? []) this.released(variableBytes(variable))
  }

  get depth(): number {
    return this.#frames.length
  }

  /** How many elements all arrays have. */
  get elements(): number {
    let count = 0
    for (const frame of this.#frames) for (const { array, table } of frame.values()) count += (array?.size ?? 0) + (table?.size ?? 0)
    return count
  }

  /** Names in order, each once. */
  names(): string[] {
    return [...new Set(this.#frames.flatMap((frame) => [...frame.keys()]))].sort()
  }

  localNames(): string[] {
    return [...(this.#frames.at(-1)?.keys() ?? [])].sort()
  }

  exported(): Map<string, HostText> {
    const env = new Map<string, HostText>()
    for (const frame of this.#frames) {
      for (const [name, variable] of frame) {
        if (variable.exported && variable.value !== undefined && !variable.array && !variable.table) env.set(name, variable.value)
        else env.delete(name)
      }
    }
    return env
  }

  /** A copy that changes alone, as a subshell's. */
  fork(): Variables {
    return new Variables(this.#frames.map((frame) => new Map([...frame].map(([name, variable]) => [name, copyOf(variable)]))))
  }
}

function copyOf(variable: Variable): Variable {
  return {
    ...variable,
    ...(variable.array && { array: new Map(variable.array) }),
    ...(variable.table && { table: new Map(variable.table) }),
  }
}
