/** A complex number: real and imaginary part. */
export type Complex = readonly [re: number, im: number]

/** Between two nodes, per unit. A transformer's ratio is on its `from` side. */
export interface Branch {
  from: number
  to: number
  admittance: Complex
  ratio: number
}

export interface Network {
  /** Voltage of each node that is held from outside; undefined where it follows. */
  held: readonly (Complex | undefined)[]
  branches: readonly Branch[]
  /** Admittance to earth at each node. */
  shunts: readonly Complex[]
  /** Current that is drawn at each node. */
  drawn: readonly Complex[]
}

/** What flows into a branch at its two ends, per unit of power. */
export interface Flow {
  from: Complex
  to: Complex
}

export const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]]
export const subtract = (a: Complex, b: Complex): Complex => [a[0] - b[0], a[1] - b[1]]
export const multiply = (a: Complex, b: Complex): Complex => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
export const scale = (a: Complex, by: number): Complex => [a[0] * by, a[1] * by]
export const conjugate = (a: Complex): Complex => [a[0], -a[1]]
export const size = (a: Complex): number => Math.hypot(a[0], a[1])

export function divide(a: Complex, b: Complex): Complex {
  return scale(multiply(a, conjugate(b)), 1 / (b[0] * b[0] + b[1] * b[1]))
}

export const ZERO: Complex = [0, 0]

/** Voltages of all nodes by Kirchhoff's current law; 0 where nothing that is held reaches. */
export function solve({ held, branches, shunts, drawn }: Network): Complex[] {
  const live = reached(held, branches)
  const unknown = held.map((_, node) => node).filter((node) => live[node] && !held[node])
  const row = new Map(unknown.map((node, i) => [node, i]))
  const matrix: Complex[][] = unknown.map(() => unknown.map(() => ZERO))
  const right: Complex[] = unknown.map((node) => scale(drawn[node]!, -1))
  const put = (at: number, of: number, admittance: Complex): void => {
    const i = row.get(at)
    if (i === undefined) return
    const j = row.get(of)
    if (j !== undefined) matrix[i]![j] = add(matrix[i]![j]!, admittance)
    else right[i] = subtract(right[i]!, multiply(admittance, held[of] ?? ZERO))
  }
  for (const node of unknown) put(node, node, shunts[node]!)
  for (const { from, to, admittance, ratio } of branches) {
    const mutual = scale(admittance, -1 / ratio)
    put(from, from, scale(admittance, 1 / ratio ** 2))
    put(to, to, admittance)
    put(from, to, mutual)
    put(to, from, mutual)
  }
  eliminate(matrix, right)
  return held.map((voltage, node) => voltage ?? (row.has(node) ? right[row.get(node)!]! : ZERO))
}

export function flowOf({ from, to, admittance, ratio }: Branch, voltages: readonly Complex[]): Flow {
  const [near, far] = [voltages[from]!, voltages[to]!]
  const into = subtract(scale(multiply(admittance, near), 1 / ratio ** 2), scale(multiply(admittance, far), 1 / ratio))
  const back = subtract(multiply(admittance, far), scale(multiply(admittance, near), 1 / ratio))
  return { from: multiply(near, conjugate(into)), to: multiply(far, conjugate(back)) }
}

function reached(held: Network['held'], branches: readonly Branch[]): boolean[] {
  const live = held.map((voltage) => voltage !== undefined)
  // As many rounds as there are nodes reach the farthest one.
  for (let round = 0; round < held.length; round++) {
    for (const { from, to } of branches) if (live[from] || live[to]) live[from] = live[to] = true
  }
  return live
}

/** Gauss's elimination in place; `right` becomes the solution. The diagonal of an admittance matrix is its own best pivot. */
function eliminate(matrix: Complex[][], right: Complex[]): void {
  for (let k = 0; k < right.length; k++) {
    for (let i = 0; i < right.length; i++) {
      if (i === k) continue
      const factor = divide(matrix[i]![k]!, matrix[k]![k]!)
      if (factor[0] === 0 && factor[1] === 0) continue
      for (let j = k; j < right.length; j++) matrix[i]![j] = subtract(matrix[i]![j]!, multiply(factor, matrix[k]![j]!))
      right[i] = subtract(right[i]!, multiply(factor, right[k]!))
    }
  }
  for (let k = 0; k < right.length; k++) right[k] = divide(right[k]!, matrix[k]![k]!)
}
