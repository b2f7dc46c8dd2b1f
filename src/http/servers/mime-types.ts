import types from './mime-types.json' with { type: 'json' }

const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = types

/**
 * Type of a path by its extension, as a server of Debian 12 has it configured (mime.types of nginx, /etc/mime.types with
 * mods-available/mime.conf of Apache, create-mime.conf.pl of lighttpd), or as uhttpd has it built in. Undefined where it knows none.
 */
export function mimeType(path: string, server: 'nginx' | 'apache' | 'lighttpd' | 'uhttpd'): string | undefined {
  const table = tables[server] as Readonly<Record<string, string>>
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  if (server === 'apache') return lastKnown(table, name)
  const dot = name.lastIndexOf('.')
  // lighttpd has whole names too; to nginx a name that begins with its only dot has no extension.
  if (dot < 0) return ownValue(table, `/${name}`)
  if (dot === 0 && server === 'nginx') return undefined
  const double = name.slice(name.lastIndexOf('.', dot - 1) + 1)
  return ownValue(table, double) ?? ownValue(table, name.slice(dot + 1))
}

/** mod_mime looks at each extension: the last one that it knows says the type. */
function lastKnown(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return name
    .split('.')
    .slice(1)
    .map((extension) => ownValue(table, extension))
    .findLast((type) => type !== undefined)
}

function ownValue(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
