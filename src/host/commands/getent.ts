import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'
import { resolve } from './net/target.ts'

const FILES: Record<string, string> = {
  passwd: '/etc/passwd',
  group: '/etc/group',
  shadow: '/etc/shadow',
  gshadow: '/etc/gshadow',
  hosts: '/etc/hosts',
  services: '/etc/services',
  protocols: '/etc/protocols',
  networks: '/etc/networks',
  rpc: '/etc/rpc',
}

/** Databases whose lines getent fills into columns: the name, what it stands for, other names. */
const COLUMNS = new Set(['hosts', 'services', 'protocols', 'networks', 'rpc'])

function inColumns(line: string, database: string): string {
  const [name = '', value = '', ...others] = line.replace(/#.*/, '').trim().split(/\s+/)
  return database === 'hosts' ? `${name.padEnd(15)} ${[value, ...others].join(' ')}` : `${name.padEnd(21)} ${[value, ...others].join(' ')}`
}

export default gnuCommand({
  name: 'getent',
  package: 'libc-bin',
  usage: '[OPTION...] database [key ...]',
  applet: false,
  short: 'Ais:V',
  async run(process, options) {
    const [database, ...keys] = options.operands
    if (database === undefined) {
      await process.stderr.write('getent: wrong number of arguments\n')
      await process.stdout.write("Try `getent --help' or `getent --usage' for more information.\n")
      return 1
    }
    if (/^ahosts/.test(database)) {
      let status = 0
      for (const key of keys) {
        const found = await resolve(process, key)
        if ('address' in found)
          await process.stdout.write(
            `${found.address.padEnd(15)} STREAM ${key}\n${found.address.padEnd(15)} DGRAM  \n${found.address.padEnd(15)} RAW    \n`,
          )
        else status = 2
      }
      return status
    }
    const path = FILES[database]
    if (path === undefined || !Object.hasOwn(FILES, database)) {
      await process.stderr.write(`Unknown database: ${database}\n`)
      await process.stdout.write("Try `getent --help' or `getent --usage' for more information.\n")
      return 1
    }
    let lines: string[]
    try {
      lines = process.files
        .read(path)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => (COLUMNS.has(database) ? inColumns(line, database) : line))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return 2
    }
    if (keys.length === 0) {
      await process.stdout.write(lines.map((line) => `${line}\n`).join(''))
      return 0
    }
    let status = 0
    for (const key of keys) {
      // Names of machines are looked for among the addresses of IPv6 first.
      const order = database === 'hosts' ? [...lines].sort((a, b) => Number(b.includes(':')) - Number(a.includes(':'))) : lines
      const line = order.find((candidate) =>
        COLUMNS.has(database)
          ? candidate.split(/[\s/]+/).includes(key)
          : candidate.split(':')[0] === key || candidate.split(':')[2] === key,
      )
      const found = line === undefined && database === 'hosts' ? await resolve(process, key) : undefined
      if (line !== undefined) await process.stdout.write(`${line}\n`)
      else if (found && 'address' in found) await process.stdout.write(`${found.address.padEnd(15)} ${key}\n`)
      else status = 2
    }
    return status
  },
})
