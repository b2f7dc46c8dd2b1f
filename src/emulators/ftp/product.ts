import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'

export const PRODUCTS = ['vsftpd', 'proftpd', 'pure-ftpd'] as const
export type ProductName = (typeof PRODUCTS)[number]

const Lines = z.array(z.string()).min(1)

const Product = z.strictObject({
  /** Commands that a stranger may give. */
  beforeLogin: z.array(z.string()),
  /** Whether a stranger is told that a command does not exist; otherwise that he must log in. */
  knowsUnknownBeforeLogin: z.boolean(),
  /** Whether RETR and STOR look at the file before they ask for a data connection. */
  looksAtFileFirst: z.boolean(),
  /** Whether TYPE A changes line ends. */
  convertsAscii: z.boolean(),
  /** Whether REST and SIZE are refused under TYPE A. */
  plainAsciiForbidsRest: z.boolean(),
  /** Zone of the times in listings. */
  zone: z.enum(['local', 'UTC']),
  /** Wrong passwords after which it hangs up; absent: none. */
  logins: z.number().int().positive().optional(),
  /** Permission bits of an uploaded file. */
  fileMode: z.union([z.number(), z.string().transform(Number)]),
  listing: z.strictObject({ owner: z.enum(['number', 'name8', 'name10']), day: z.enum(['zero', 'space']), nameless: z.boolean() }),
  /** What is said, by occasion; `{marks}` are filled in. */
  replies: z.record(z.string(), Lines),
  features: z.array(z.string()),
  tlsFeatures: z.array(z.string()),
  sortsFeatures: z.boolean(),
  /** First and last line of FEAT. */
  featureLines: Lines,
  /** Commands that have one answer, with the beginning of an argument where that decides. */
  constants: z.record(z.string(), Lines),
  /** Answers to commands without the argument that they need. */
  missing: z.record(z.string(), Lines),
  /** Commands that this product does not have though others do. */
  lacks: z.array(z.string()),
})
export type Product = z.output<typeof Product>

export function productOf(name: ProductName): Product {
  const file = `products/${name}.yaml`
  return parseYaml(file, readFileSync(new URL(file, import.meta.url), 'utf8'), Product)
}

export type Values = Record<string, string | number>

/** The lines of a reply with its marks filled in; a mark of several lines makes several. */
export function fill(lines: readonly string[], values: Values): string[] {
  return lines.flatMap((line) => {
    const filled = line.replace(/\{([a-zA-Z]{1,20})\}/g, (whole, mark: string) => String(values[mark] ?? whole))
    // A mark that is empty takes its line with it.
    return filled === '' || (filled.trim() === '' && line.trim() !== '') ? [] : filled.split('\n')
  })
}
