import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { elfFacts } from '../image/elf.ts'
import { listedNeeds, neededOf } from '../image/elf-dynamic.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const PAGE = 0x1000n
/** Libraries of a program and theirs, at most. */
const MOST_LIBRARIES = 400
/** How much of a file is read for its dynamic section; files of the image have it at their beginning. */
const HEAD_BYTES = 64 * 1024
const OPTIONS = { 'data-relocs': 'd', 'function-relocs': 'r', unused: 'u', verbose: 'v' }
/** Where the loader looks, and where Debian's programs send it to with a run path of theirs. */
const FOLDERS = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu/systemd', '/usr/lib/sudo', '/usr/lib/postfix', '/usr/lib/man-db']
const LOADER = 'ld-linux-x86-64.so.2'

/** A shared object in the order in which the loader maps it. */
interface Library {
  name: string
  /** Undefined when it is not found. */
  path: string | undefined
  size: number
}

export default gnuCommand({
  name: 'ldd',
  package: 'libc-bin',
  usage: '[OPTION]... FILE...',
  applet: false,
  short: 'druv',
  long: OPTIONS,
  modern(words) {
    const unknown = words.find((word) => /^-[^-]/.test(word) && !/^-[druv]$/.test(word))
    if (unknown !== undefined) throw new Failure(`unrecognized option \`${unknown}'\nTry \`ldd --help' for more information.`, 1, true)
    return words
  },
  async run(process, options) {
    const files = options.operands
    if (files.length === 0) throw new Failure("missing file arguments\nTry `ldd --help' for more information.", 1, true)
    let status = 0
    for (const file of files) {
      if (files.length > 1) await process.stdout.write(`${file}:\n`)
      if (!(await show(process, file, options.has('u')))) status = 1
    }
    return status
  },
})

async function show(process: Process, operand: HostText, onlyUnused: boolean): Promise<boolean> {
  const file = operand.includes('/') ? operand : `./${operand}`
  const stat = statIfThere(process, file)
  if (!stat) {
    await process.stderr.write(`ldd: ${file}: No such file or directory\n`)
    return false
  }
  if (stat.type !== 'file') {
    await process.stderr.write(`ldd: ${file}: not regular file\n`)
    return false
  }
  if (!process.files.may('r', file)) {
    await process.stderr.write(`ldd: error: you do not have read permission for \`${file}'\n`)
    return false
  }
  const bytes = await readHead(process, file)
  const needs = elfFacts(bytes)?.bits === 64 ? neededOf(bytes) : undefined
  if (!needs) {
    await process.stderr.write('\tnot a dynamic executable\n')
    return false
  }
  if (onlyUnused) return true
  if (needs.length === 0) {
    await process.stdout.write('\tstatically linked\n')
    return true
  }
  await process.stdout.write(table(process, file, await libraries(process, needs, isOwn(process, file))))
  return true
}

/** Whether a file came with the system: then all that it needs came with it. */
function isOwn(process: Process, file: HostText): boolean {
  const path = process.files.realpath(file)
  return listedNeeds(path) !== undefined && !process.world.isRewritten(path)
}

/** Breadth first, as ld.so maps them (glibc, elf/dl-deps.c). */
async function libraries(process: Process, needs: readonly string[], own: boolean): Promise<Library[]> {
  const found = new Map<string, Library>()
  const pending = [...needs]
  for (let name = pending.shift(); name !== undefined && found.size < MOST_LIBRARIES; name = pending.shift()) {
    if (found.has(name)) continue
    await process.spend(20)
    const places = name.includes('/') ? [name] : FOLDERS.map((folder) => `${folder}/${name}`)
    const path = places.find((place) => statIfThere(process, place)?.type === 'file') ?? (places[0] as string)
    const stat = statIfThere(process, path)
    const there = stat?.type === 'file' || own
    found.set(name, { name, path: there ? path : undefined, size: stat?.size ?? 100_000 })
    if (name !== LOADER && stat?.type === 'file') pending.push(...(neededOf(await readHead(process, path)) ?? []))
  }
  return [...found.values()]
}

async function readHead(process: Process, path: HostText): Promise<Buffer> {
  const parts: Uint8Array[] = []
  try {
    const input = process.openInput(path)
    for (let length = 0; length < HEAD_BYTES; ) {
      const part = await input.read(HEAD_BYTES - length)
      if (part === undefined) break
      parts.push(part)
      length += part.length
    }
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
  }
  return Buffer.concat(parts)
}

/** Each below the one before it, from a place that differs from run to run (ASLR); the loader itself lies highest. */
function table(process: Process, file: HostText, found: readonly Library[]): string {
  const top = 0x7f0000000000n + (BigInt(process.world.identity.integer(`aslr/${process.pid}/${file}`, 1, 0xffffff)) << 16n)
  const loader = top - BigInt(found.find(({ name }) => name === LOADER)?.size ?? 0x34000) - PAGE
  let next = loader - 8n * PAGE
  const address = (at: bigint): string => `(0x${(at & ~(PAGE - 1n)).toString(16).padStart(16, '0')})`
  const rows = found.map(({ name, path, size }) => {
    if (path === undefined) return `\t${name} => not found\n`
    if (name === LOADER) return `\t/lib64/${name} ${address(loader)}\n`
    next -= BigInt(size) + PAGE
    return `\t${name} => ${path} ${address(next)}\n`
  })
  return `\tlinux-vdso.so.1 ${address(0x7ffc00000000n + (top & 0x1ffffffffn))}\n${rows.join('')}`
}
