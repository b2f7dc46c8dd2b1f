import { HostError } from '../../host/contract.ts'
import { fromAscii, toAscii } from '../../sensor/ftp-codec.ts'
import { type Channel, VisitEnded } from '../../sensor/visit.ts'
import { facts, globMatches, longLine, wireLines } from './listing.ts'
import { bytes, type FtpSession, latin1 } from './session.ts'
import type { Entry } from './tree.ts'

const SLICE = 64 * 1024

const reasonOf = (error: unknown): string => {
  if (error instanceof HostError) return error.message
  throw error
}

/** LIST and NLST, with the options of ls that clients send. */
export async function list(session: FtpSession, verb: 'LIST' | 'NLST', argument: string): Promise<string[]> {
  const options = /^((?:-[A-Za-z0-9]{1,20}\s*){0,5})(.*)$/s.exec(argument)
  const flags = new Set((options?.[1] ?? '').replace(/[^A-Za-z]/g, ''))
  const path = options?.[2]?.trim() ?? ''
  const all = flags.has('a') || flags.has('A') || (verb === 'NLST' && session.product.listing.nameless)
  let entries: Entry[] = []
  let missing: string | undefined
  try {
    entries = chosen(session, path, all)
  } catch (error) {
    missing = reasonOf(error)
  }
  if (missing !== undefined && verb === 'NLST' && (session.has('nlstMissing') || session.has('listMissing'))) {
    return session.say('nlstMissing', { arg: path, reason: missing }, 'listMissing')
  }
  const channel = await session.dataChannel()
  if (Array.isArray(channel)) return channel
  const lines =
    verb === 'NLST'
      ? entries.map(({ name }) => name)
      : entries.map((e) => longLine(e, session.tree, session.product, session.zone, Date.now()))
  const isSent = await send(session, channel, session.say('openList'), wireLines(lines))
  session.visit.record('ftp.list', { path: bytes(session.tree.resolve(path)), verb, entries: entries.length })
  if (!isSent) return session.say('broken')
  if (missing !== undefined && session.has('listMissing')) return session.say('listMissing', { arg: path, reason: missing })
  const shown = [...(flags.has('a') ? ['-a'] : []), '-l', ...(flags.has('R') ? ['-R'] : [])].join(' ')
  return session.say(verb === 'NLST' ? 'nlstDone' : 'listDone', { n: entries.length, options: `${shown} ` })
}

/** The entries that a path names: of a folder, a file by itself, or those that match a pattern. @throws HostError */
function chosen({ tree }: FtpSession, path: string, all: boolean): Entry[] {
  if (/[*?]/.test(path)) {
    const slash = path.lastIndexOf('/')
    const pattern = path.slice(slash + 1)
    return tree.entries(tree.resolve(slash < 0 ? '' : path.slice(0, slash + 1)), all).filter(({ name }) => globMatches(pattern, name))
  }
  const resolved = tree.resolve(path)
  return tree.stat(resolved).type === 'directory' ? tree.entries(resolved, all) : [tree.entry(resolved, path)]
}

export async function mlsd(session: FtpSession, argument: string): Promise<string[]> {
  const { tree, product } = session
  let entries: Entry[]
  try {
    entries = tree.entries(tree.resolve(argument), true)
  } catch (error) {
    return session.say('mlsMissing', { arg: argument, reason: reasonOf(error) })
  }
  const channel = await session.dataChannel()
  if (Array.isArray(channel)) return channel
  const isSent = await send(
    session,
    channel,
    session.say('openMlsd'),
    wireLines(entries.map((entry) => `${facts(entry, tree, product)} ${entry.name}`)),
  )
  session.visit.record('ftp.list', { path: bytes(tree.resolve(argument)), verb: 'MLSD', entries: entries.length })
  return isSent ? session.say('nlstDone', { n: entries.length }) : session.say('broken')
}

export async function retrieve(session: FtpSession, argument: string): Promise<string[]> {
  const { tree, product } = session
  if (!product.looksAtFileFirst && !session.isDataPrepared) return session.say('needData')
  const path = tree.resolve(argument)
  let content: Buffer
  try {
    if (tree.stat(path).type !== 'file') return session.say('retrFolder', { arg: argument }, 'retrFailed')
    content = tree.files.read(tree.real(path))
  } catch (error) {
    return session.say('retrFailed', { arg: argument, reason: reasonOf(error) })
  }
  const offset = session.restart
  session.restart = 0
  const channel = await session.dataChannel()
  if (Array.isArray(channel)) return channel
  const rest = content.subarray(offset)
  const startedAt = performance.now()
  const isAscii = product.convertsAscii && !session.isBinary
  const opening = session.say('openRetr', { arg: argument, size: rest.length })
  const isSent = await send(session, channel, opening, isAscii ? toAscii(rest) : rest)
  session.bytesDown += isSent ? rest.length : 0
  session.visit.record('ftp.download', { path: bytes(latin1(path)), size: rest.length, complete: isSent })
  return isSent ? done(session, rest.length, startedAt) : session.say('broken')
}

/** Whether all of it went out. */
async function send(session: FtpSession, channel: Channel, opening: readonly string[], content: Buffer): Promise<boolean> {
  try {
    await session.begin(channel, opening)
    for (let at = 0; at < content.length; at += SLICE) await channel.write(content.subarray(at, at + SLICE))
    await channel.end()
    return true
  } catch (error) {
    // The data connection may go while the control connection stays.
    if (!(error instanceof VisitEnded) || session.visit.signal.aborted) throw error
    return false
  }
}

function done(session: FtpSession, size: number, startedAt: number): string[] {
  const seconds = Math.max(0.0001, (performance.now() - startedAt) / 1000)
  const perSecond = size / seconds
  const rate =
    perSecond >= 1024 * 1024
      ? `${(perSecond / 1024 / 1024).toFixed(2)} Mbytes`
      : perSecond >= 1024
        ? `${(perSecond / 1024).toFixed(2)} Kbytes`
        : `${perSecond.toFixed(2)} bytes`
  const isAscii = session.product.convertsAscii && !session.isBinary
  return session.say(isAscii ? 'doneAscii' : 'done', { seconds: seconds.toFixed(3), rate }, 'done')
}

export async function store(session: FtpSession, verb: 'STOR' | 'APPE' | 'STOU', argument: string): Promise<string[]> {
  const { tree, product, visit } = session
  const name = verb === 'STOU' ? uniqueName(session, argument) : argument
  const path = tree.resolve(name)
  const real = tree.real(path)
  if (!product.looksAtFileFirst && !session.isDataPrepared) return session.say('needData')
  const refusal = whyNotWritable(session, path)
  const offset = verb === 'STOR' ? session.restart : 0
  session.restart = 0
  if (refusal !== undefined) {
    session.passive?.close()
    session.passive = undefined
    return session.say('storFailed', { arg: argument, reason: refusal })
  }
  const channel = await session.dataChannel()
  if (Array.isArray(channel)) return channel
  const opening = session.say(verb === 'STOU' ? 'openStou' : 'openStor', { arg: argument, name })
  const startedAt = performance.now()
  const { kept, size } = await receive(session, channel, opening)
  const content = product.convertsAscii && !session.isBinary ? fromAscii(kept) : kept
  session.bytesUp += size
  let written = true
  try {
    const before =
      verb === 'APPE' || offset > 0 ? existing(session, real).subarray(0, verb === 'APPE' ? undefined : offset) : Buffer.alloc(0)
    const behind = offset > 0 ? existing(session, real).subarray(offset + content.length) : Buffer.alloc(0)
    tree.files.write(real, Buffer.concat([before, content, behind]), Number(product.fileMode))
  } catch (error) {
    reasonOf(error)
    written = false
  }
  const wire = latin1(path)
  const { sha256 } = visit.capture(kept, { how: `ftp.${verb.toLowerCase()}`, name: bytes(wire) })
  visit.record('ftp.upload', { path: bytes(wire), verb, size, sha256, written }, ['attack:T1105'])
  return written ? done(session, size, startedAt) : session.say('writeFailed', { arg: argument, reason: 'No space left on device' })
}

function existing({ tree }: FtpSession, real: string): Buffer {
  try {
    return tree.files.read(real)
  } catch (error) {
    reasonOf(error)
    return Buffer.alloc(0)
  }
}

function uniqueName({ tree, context }: FtpSession, argument: string): string {
  const base = context.options.product === 'vsftpd' ? argument || 'STOU' : context.options.product
  for (let n = argument ? 0 : 1; n < 1000; n++) {
    const name = n ? `${base}.${n}` : base
    try {
      tree.stat(tree.resolve(name))
    } catch (error) {
      reasonOf(error)
      return name
    }
  }
  return base
}

/** In strerror's words. */
function whyNotWritable({ tree, mayWrite }: FtpSession, path: string): string | undefined {
  if (!mayWrite) return 'Permission denied'
  const folder = tree.real(path.replace(/\/[^/]*$/, '') || '/')
  try {
    if (tree.files.stat(folder).type !== 'directory') return 'Not a directory'
    const real = tree.real(path)
    const exists = tree.files.list(folder).includes(path.slice(path.lastIndexOf('/') + 1))
    if (exists && tree.files.stat(real).type === 'directory') return 'Is a directory'
    return tree.files.may('w', exists ? real : folder) ? undefined : 'Permission denied'
  } catch (error) {
    return reasonOf(error)
  }
}

/** Everything until the client closes; beyond the bound it is read and dropped. */
async function receive(session: FtpSession, channel: Channel, opening: readonly string[]): Promise<{ kept: Buffer; size: number }> {
  const { context, visit } = session
  const parts: Buffer[] = []
  let size = 0
  let room = context.options.uploadBytes
  try {
    await session.begin(channel, opening)
    for (;;) {
      const chunk = await channel.read()
      if (!chunk) break
      size += chunk.length
      if (room > 0) parts.push(Buffer.from(chunk.subarray(0, room)))
      room -= chunk.length
    }
    await channel.end()
  } catch (error) {
    // What came before the connection broke is kept all the same.
    if (!(error instanceof VisitEnded) || visit.signal.aborted) throw error
  }
  return { kept: Buffer.concat(parts), size }
}
