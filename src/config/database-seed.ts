import { z } from 'zod'

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Range = z.tuple([z.number(), z.number()])

/** What fills a column of the rows that are made; every value derives from the install seed. */
export const ColumnSource = z.union([
  z.enum(['person', 'company', 'email', 'phone', 'street', 'town', 'postcode', 'bcrypt', 'md5', 'sha256', 'token', 'uuid', 'ip']),
  z.strictObject({ pick: z.array(Scalar).min(1) }),
  /** Whole numbers, both ends included. */
  z.strictObject({ integer: Range }),
  /** Amounts of two decimals. */
  z.strictObject({ money: Range }),
  /** A time so many days before the start, and its date alone. */
  z.strictObject({ daysAgo: Range }),
  z.strictObject({ dateDaysAgo: Range }),
  /** The first column of a row of another table of this database. */
  z.strictObject({ rowOf: z.string() }),
  /** `{n}` is the row's number, counted from `first`. */
  z.strictObject({ text: z.string(), first: z.number().int().default(1) }),
])
export type ColumnSource = z.output<typeof ColumnSource>

const SeedColumn = z.strictObject({
  name: z.string(),
  /** As SQL declares it: `varchar(80)`, `decimal(10,2)`, `datetime`. */
  type: z.string(),
  as: ColumnSource.optional(),
  key: z.enum(['primary', 'unique', 'index']).optional(),
  /** Numbers itself; the first column of most tables. */
  auto: z.boolean().default(false),
  /** Share of the rows that have no value here, 0 to 1. */
  null: z.number().min(0).max(1).optional(),
})

const SeedTable = z.strictObject({
  name: z.string(),
  columns: z.array(SeedColumn).min(1),
  /** Rows as they are, without those columns that number themselves; they come first. */
  data: z.array(z.array(Scalar)).default([]),
  /** Rows that are made besides. */
  rows: z.number().int().min(0).max(2000).default(0),
})
export type SeedTable = z.output<typeof SeedTable>

/** The databases behind a persona's services, `database.yaml` in its folder. */
export const DatabaseSeed = z.strictObject({
  databases: z.array(z.strictObject({ name: z.string(), tables: z.array(SeedTable) })).min(1),
})
export type DatabaseSeed = z.output<typeof DatabaseSeed>
