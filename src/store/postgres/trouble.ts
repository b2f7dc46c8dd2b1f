import { StoreError, type Trouble } from '../trouble.ts'

/** The server as an operator may read it: without the password. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url)
  return `PostgreSQL at ${hostname}:${port || 5432}${pathname}`
}

/** Error codes of PostgreSQL (its appendix A) and of sockets, and what ends the trouble. */
const KNOWN: Readonly<Record<string, (place: string) => Trouble>> = {
  ECONNREFUSED: (place) => ({ what: `${place} does not listen`, cure: 'start it, or correct host and port in store.url' }),
  ENOTFOUND: (place) => ({ what: `${place}: there is no host of that name`, cure: 'correct the host in store.url' }),
  ETIMEDOUT: (place) => ({ what: `${place} does not answer`, cure: 'look at the network and the firewall between here and there' }),
  '28P01': (place) => ({ what: `${place} refuses the password`, cure: 'correct it in store.url or PGPASSWORD' }),
  '28000': (place) => ({
    what: `${place} lets this user not in from here`,
    cure: 'add a line for user, database and address to pg_hba.conf',
  }),
  '3D000': (place) => ({ what: `${place}: there is no such database`, cure: 'make it: createdb -E UTF8 -T template0 -O USER NAME' }),
  '3F000': nothingThere,
  '42P01': nothingThere,
  '42501': (place) => ({
    what: `${place}: this user may not make or write the tables`,
    cure: 'make it the owner of the database: ALTER DATABASE NAME OWNER TO USER',
  }),
  '53100': (place) => ({ what: `the disk of ${place} is full`, cure: 'free space there, or lower store.retainGiB' }),
  '53300': (place) => ({ what: `${place} has no connection free`, cure: 'raise max_connections there' }),
  '57P01': (place) => ({ what: `${place} was shut down`, cure: 'start it again' }),
  '57P03': (place) => ({ what: `${place} is starting or stopping`, cure: 'wait' }),
}

function nothingThere(place: string): Trouble {
  return { what: `there are no events in ${place}`, cure: 'start Sundew with this store once: sundew start, or sundew hive serve' }
}

/** The operator's words for an error of a server or of the way to it. */
export function postgresTrouble(error: unknown, place: string): Trouble {
  if (error instanceof StoreError) return error.trouble
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = codeOf(first) ?? codeOf(error)
  const known = code === undefined ? undefined : KNOWN[code]
  if (known) return known(place)
  const message = first instanceof Error ? first.message : String(first)
  if (/timeout|terminated|not queryable/i.test(message)) {
    return { what: `${place} does not answer (${message})`, cure: 'look whether it runs, and at the network between here and there' }
  }
  return { what: `${place}: ${message}`, cure: 'look into the log of PostgreSQL' }
}

/** Whether two transactions stood in each other's way (23514: a day's partition was dropped meanwhile), and the same again will do. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01', '55P03', '23514'].includes(codeOf(error) ?? '')
}

/** Whether what was to be written is the reason: it cannot be read, or is more than PostgreSQL takes (classes 21, 22 and 54 of its codes). */
export function isUnfit(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || /^(21|22|54)/.test(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
