import { HostError } from '../../host/contract.ts'
import { toText } from '../../host/text.ts'
import {
  type Command,
  formatPasv,
  type HostPort,
  parseCommand,
  parseEprt,
  parsePort,
  parseTimeVal,
  timeVal,
} from '../../sensor/ftp-codec.ts'
import { upgradeToTls } from '../../sensor/upgrade-to-tls.ts'
import { facts, longLine } from './listing.ts'
import { fill } from './product.ts'
import { bytes, type FtpSession, latin1 } from './session.ts'
import { site } from './site.ts'
import { list, mlsd, retrieve, store } from './transfers.ts'

export interface Answer {
  lines: string[]
  ends?: boolean
}

const TLS_VERBS = new Set(['AUTH', 'PBSZ', 'PROT'])

type Handler = (session: FtpSession, command: Command) => string[] | Answer | Promise<string[] | Answer>

/** Answers one command line: login gate, constant answers of the product, then the command itself. */
export async function answer(session: FtpSession, line: Buffer): Promise<Answer> {
  const command = parseCommand(line)
  const { verb, argument } = command
  const { product } = session
  if (/^(GET|POST|HEAD)$/.test(verb) && /HTTP\/\d/.test(argument)) {
    session.visit.tag('note:http-on-ftp')
    if (!product.beforeLogin.includes('LIST') && session.has('http'))
      return { lines: session.say('http', { verbLower: verb.toLowerCase() }), ends: true }
    if (session.context.options.product === 'proftpd') return { lines: [], ends: true }
  }
  const isLacking = product.lacks.includes(verb) || (!session.context.options.tls && TLS_VERBS.has(verb))
  const handler = isLacking ? undefined : HANDLERS[verb]
  const constant = handler || isLacking ? undefined : constantFor(session, command)
  const isHidden = isLacking && !product.knowsUnknownBeforeLogin
  if (!session.isIn && (isHidden || !isOpen(session, command))) {
    const isUnknown = !handler && !constant
    return { lines: session.say(isUnknown && product.knowsUnknownBeforeLogin ? 'unknown' : 'loginFirst', { verb }) }
  }
  if (constant) return { lines: constant }
  if (!handler) return { lines: session.say('unknown', { verb, arg: argument }) }
  const missing = argument === '' ? product.missing[verb] : undefined
  if (missing) return { lines: fill(missing, session.values({ verb })) }
  const result = await handler(session, command)
  return Array.isArray(result) ? { lines: result } : result
}

function isOpen({ product }: FtpSession, { verb, argument }: Command): boolean {
  return product.beforeLogin.includes(verb) || product.beforeLogin.includes(`${verb} ${argument.toUpperCase()}`)
}

/** `OPTS UTF8 ON` before `OPTS UTF8` before `OPTS`. */
function constantFor(session: FtpSession, { verb, argument }: Command): string[] | undefined {
  const { constants } = session.product
  const words = [verb, ...argument.toUpperCase().split(' ').slice(0, 3)].filter(Boolean)
  for (let n = words.length; n > 0; n--) {
    const lines = constants[words.slice(0, n).join(' ')]
    const { tls } = session.context.options
    const pad = (name: string): string => `${name}${tls ? '' : '*'}`.padEnd(7)
    if (lines) return fill(lines, session.values({ verb, arg: argument, auth: pad('AUTH'), pbsz: pad('PBSZ'), prot: pad('PROT') }))
  }
  return undefined
}

/** A file operation; its failure is said in the host's words. */
function attempt(session: FtpSession, { verb, argument }: Command, key: string, act: (path: string) => void, to?: string): string[] {
  const { tree, mayWrite, visit } = session
  const path = tree.resolve(argument)
  const values = { verb, arg: argument, target: latin1(path) }
  let reason: string | undefined
  try {
    if (!mayWrite) throw new HostError('EACCES', 'Permission denied')
    act(path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    reason = error.message
  }
  visit.record('ftp.change', {
    verb,
    path: bytes(latin1(path)),
    ...(to === undefined ? {} : { to: bytes(latin1(to)) }),
    done: reason === undefined,
  })
  return reason === undefined ? session.say(key, values) : session.say(`${key}Failed`, { ...values, reason })
}

/** A question about a file. */
function ask(session: FtpSession, { argument }: Command, key: string, look: (path: string) => Record<string, string | number>): string[] {
  try {
    return session.say(key, { arg: argument, ...look(session.tree.resolve(argument)) })
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return session.say(`${key}Failed`, { arg: argument, reason: error.message })
  }
}

const plainFile = (session: FtpSession, path: string): ReturnType<FtpSession['tree']['stat']> => {
  const stat = session.tree.stat(path)
  if (stat.type !== 'file') throw new HostError('EISDIR', 'not a regular file')
  return stat
}

const cwd: Handler = (session, { verb, argument }) => {
  const { tree } = session
  try {
    // vsftpd is asked for a folder without a name; the others take that for the home.
    if (argument === '' && session.context.options.product === 'vsftpd') throw new HostError('ENOENT', 'No such file or directory')
    tree.enter(argument === '' ? tree.home : tree.resolve(argument))
    return session.say('cwd', { verb })
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return session.say('cwdFailed', { arg: argument, reason: error.message })
  }
}

const cdup: Handler = (session, { verb }) => {
  session.tree.enter(session.tree.resolve('..'))
  return session.say('cdup', { verb })
}

const user: Handler = (session, { argument }) => {
  if (session.isIn) return session.say('userAgain')
  session.asked = argument
  // CVE-2011-2523: a smiley opened a root shell on port 6200 of one week's vsftpd 2.3.4.
  if (argument.includes(':)')) session.visit.tag('cve:CVE-2011-2523')
  const isAnonymous = isAnonymousName(session, argument)
  if (isAnonymous && !session.has('needAnonymousPassword')) {
    session.visit.login({ method: 'ftp', username: bytes(argument), accepted: true })
    session.enterAnonymously()
    return session.say('anonymousIn')
  }
  return session.say(isAnonymous ? 'needAnonymousPassword' : 'needPassword', { user: argument })
}

function isAnonymousName({ context }: FtpSession, name: string): boolean {
  return context.options.anonymous !== 'off' && /^(anonymous|ftp)$/i.test(name)
}

const pass: Handler = async (session, { argument }) => {
  if (session.isIn) return session.say('passAgain')
  const name = session.asked
  if (name === undefined) return session.say('needUser')
  session.asked = undefined
  if (isAnonymousName(session, name)) {
    session.visit.login({ method: 'ftp', username: bytes(name), password: bytes(argument), accepted: true })
    session.enterAnonymously()
    return session.say('anonymousIn')
  }
  if (session.desk.password('ftp', Buffer.from(name, 'latin1'), Buffer.from(argument, 'latin1'))) {
    await session.enter(toText(Buffer.from(name, 'latin1')))
    return session.say('loggedIn')
  }
  session.refusals++
  // PAM's two seconds, and vsftpd's delay_failed_login.
  if (session.context.options.delays) await session.visit.pause(2500 + Math.random() * 1000)
  const { logins } = session.product
  return { lines: session.say('refused'), ends: logins !== undefined && session.refusals >= logins }
}

const type: Handler = (session, { argument }) => {
  const kind = argument.toUpperCase().split(' ')
  const isAscii = kind[0] === 'A' && (kind.length === 1 || kind[1] === 'N')
  const isBinary = kind[0] === 'I' || (kind[0] === 'L' && (kind[1] === '8' || session.context.options.product !== 'vsftpd'))
  if (!isAscii && !isBinary) return session.say('typeBad', { arg: argument })
  session.isBinary = isBinary
  return session.say(`type${kind[0]}`)
}

const passive =
  (verb: 'PASV' | 'EPSV'): Handler =>
  async (session, { argument }) => {
    const { visit, context } = session
    if (verb === 'PASV' && session.epsvOnly && session.has('pasvRefused')) return session.say('pasvRefused', { verb })
    if (verb === 'EPSV' && argument.toUpperCase() === 'ALL') {
      session.epsvOnly = true
      return session.say('epsvAll')
    }
    const family = visit.local.ip.includes(':') ? '2' : '1'
    if (verb === 'EPSV' && argument && argument !== family && session.has('epsvBad')) return session.say('epsvBad')
    session.active = undefined
    session.passive = await visit.passive(context.options.passivePorts)
    const { port } = session.passive
    const address = context.options.passiveAddress ?? visit.local.ip
    return verb === 'PASV' ? session.say('pasv', { hosts: formatPasv({ address, port }) }) : session.say('epsv', { port })
  }

const active =
  (key: 'port' | 'eprt', parse: (argument: string) => HostPort | undefined): Handler =>
  (session, { argument }) => {
    const target = parse(argument)
    if (!target) return session.say(`${key}Bad`)
    const isBounce = target.address !== session.visit.source.ip || target.port < 1024
    session.visit.record('ftp.port', { ...target, bounce: isBounce }, isBounce ? ['attack:T1090'] : [])
    if (isBounce) {
      session.visit.record('indicator', { kind: 'address', value: `${target.address}:${target.port}`, how: `ftp.${key}` })
      return session.say(`${key}Bounce`, { address: target.address })
    }
    session.passive?.close()
    session.passive = undefined
    session.active = target.port
    return session.say(key)
  }

const auth: Handler = async (session, { argument }) => {
  const mechanism = argument.toUpperCase()
  if (session.visit.tls || session.isIn) return session.say('authAgain')
  if (mechanism !== 'TLS' && mechanism !== 'SSL' && mechanism !== 'TLS-C') return session.say('authBad', { arg: argument })
  await upgradeToTls(session.visit, `${session.say('auth', { arg: mechanism }).join('\r\n')}\r\n`)
  return []
}

const pbsz: Handler = (session) => {
  return session.say(session.visit.tls ? 'pbsz' : 'pbszPlain')
}

const prot: Handler = (session, { argument }) => {
  if (!session.visit.tls) return session.say('protPlain')
  const level = argument.toUpperCase()
  if (level !== 'P' && level !== 'C') return session.say('protBad', { arg: argument })
  session.isPrivate = level === 'P'
  return session.say(level === 'P' ? 'protP' : 'protC')
}

const feat: Handler = (session) => {
  const { features, tlsFeatures, featureLines, sortsFeatures } = session.product
  const { tls } = session.context.options
  const all = tls ? [...features, ...tlsFeatures] : features.filter((name) => !/^(AUTH|PBSZ|PROT)/.test(name))
  return [featureLines[0] as string, ...(sortsFeatures ? all.toSorted() : all).map((name) => ` ${name}`), featureLines.at(-1) as string]
}

const rest: Handler = (session, { argument }) => {
  session.restart = 0
  const isNumber = /^\d{1,15}$/.test(argument)
  if (!isNumber) return session.say('restBad')
  if (session.product.plainAsciiForbidsRest && !session.isBinary && Number(argument) > 0) return session.say('restAscii')
  session.restart = Number(argument)
  return session.say(session.isBinary ? 'rest' : 'restInAscii', { offset: argument }, 'rest')
}

const stat: Handler = (session, { argument }) => {
  const { tree, product, clientsAtStart } = session
  if (argument === '') return session.say('stat', { n: clientsAtStart })
  try {
    const path = tree.resolve(argument)
    const isFolder = tree.stat(path).type === 'directory'
    const entries = isFolder ? tree.entries(path, !product.listing.nameless) : [tree.entry(path, argument)]
    const indent = product.replies.statFile?.[1]?.startsWith(' ') ? '\n ' : '\n'
    const listing = entries.map((entry) => longLine(entry, tree, product, session.zone, Date.now())).join(indent)
    return session.say(isFolder ? 'statFolder' : 'statFile', { arg: argument, listing: latin1(listing) })
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return session.say('statMissing', { arg: argument, reason: error.message })
  }
}

const mdtm: Handler = (session, command) => {
  const [time, ...name] = command.argument.split(' ')
  const wanted = parseTimeVal(time ?? '')
  if (wanted === undefined || name.length === 0 || session.context.options.product !== 'vsftpd') {
    return ask(session, command, 'mdtm', (path) => ({ time: timeVal(plainFile(session, path).mtime) }))
  }
  attempt(session, { verb: 'MDTM', argument: name.join(' ') }, 'mdtm', (path) =>
    session.tree.files.utimes(session.tree.real(path), wanted, wanted),
  )
  return ['213 File modification time set.']
}

const mfmt: Handler = (session, { argument }) => {
  const [time = '', ...rest] = argument.split(' ')
  const name = rest.join(' ')
  const wanted = parseTimeVal(time)
  if (wanted === undefined || !name || !session.has('mfmt')) return session.say('unknown', { verb: 'MFMT' })
  const { tree } = session
  const said = attempt(session, { verb: 'MFMT', argument: name }, 'mdtm', (path) => tree.files.utimes(tree.real(path), wanted, wanted))
  return said[0]?.startsWith('213') ? session.say('mfmt', { time, name }) : said
}

const mlst: Handler = (session, { argument }) => {
  const { tree, product } = session
  try {
    const path = tree.resolve(argument)
    return session.say('mlst', {
      arg: argument || latin1(path),
      target: latin1(path),
      facts: facts(tree.entry(path, argument), tree, product),
    })
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return session.say('mlsMissing', { arg: argument, reason: error.message })
  }
}

const mkd: Handler = (session, command) => {
  const { tree } = session
  return attempt(session, command, 'mkd', (path) => {
    if (command.argument === '') throw new HostError('ENOENT', 'No such file or directory')
    tree.files.mkdir(tree.real(path), 0o755)
  })
}

const rmd: Handler = (session, command) => attempt(session, command, 'rmd', (path) => session.tree.files.rmdir(session.tree.real(path)))

const dele: Handler = (session, command) => {
  const { tree, context } = session
  return attempt(session, command, 'dele', (path) => {
    const isFolder = tree.files.lstat(tree.real(path)).type === 'directory'
    if (isFolder && context.options.product === 'pure-ftpd') throw new HostError('EINVAL', 'Invalid argument')
    tree.files.remove(tree.real(path))
  })
}

const rnfr: Handler = (session, { argument }) => {
  const { tree } = session
  try {
    const path = tree.resolve(argument)
    if (argument === '') throw new HostError('ENOENT', 'No such file or directory')
    tree.files.lstat(tree.real(path))
    session.renameFrom = path
    return session.say('rnfr')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return session.say('rnfrFailed', { arg: argument, reason: error.message })
  }
}

const rnto: Handler = (session, command) => {
  const from = session.renameFrom
  session.renameFrom = undefined
  if (from === undefined) return session.say('rntoFirst')
  const { tree } = session
  return attempt(session, command, 'rnto', (path) => tree.files.rename(tree.real(from), tree.real(path)), from)
}

const size: Handler = (session, command) => {
  if (session.product.plainAsciiForbidsRest && !session.isBinary) return session.say('sizeAscii')
  return ask(session, command, 'size', (path) => ({ size: plainFile(session, path).size }))
}

const quit: Handler = (session) => ({
  lines: session.say('quit', { uploaded: Math.ceil(session.bytesUp / 1024), downloaded: Math.ceil(session.bytesDown / 1024) }),
  ends: true,
})

const HANDLERS: Record<string, Handler> = {
  USER: user,
  PASS: pass,
  QUIT: quit,
  PWD: (session) => session.say('pwd'),
  XPWD: (session) => session.say('pwd'),
  CWD: cwd,
  XCWD: cwd,
  CDUP: cdup,
  XCUP: cdup,
  TYPE: type,
  MODE: (session, { argument }) => session.say(argument.toUpperCase() === 'S' ? 'modeS' : 'modeBad', { arg: argument }),
  STRU: (session, { argument }) => session.say(argument.toUpperCase() === 'F' ? 'struF' : 'struBad', { arg: argument }),
  PASV: passive('PASV'),
  EPSV: passive('EPSV'),
  PORT: active('port', parsePort),
  EPRT: active('eprt', parseEprt),
  AUTH: auth,
  PBSZ: pbsz,
  PROT: prot,
  FEAT: feat,
  REST: rest,
  STAT: stat,
  SIZE: size,
  MDTM: mdtm,
  MFMT: mfmt,
  MLST: mlst,
  MLSD: (session, { argument }) => mlsd(session, argument),
  LIST: (session, { argument }) => list(session, 'LIST', argument),
  NLST: (session, { argument }) => list(session, 'NLST', argument),
  RETR: (session, { argument }) => retrieve(session, argument),
  STOR: (session, { argument }) => store(session, 'STOR', argument),
  APPE: (session, { argument }) => store(session, 'APPE', argument),
  STOU: (session, { argument }) => store(session, 'STOU', argument),
  MKD: mkd,
  XMKD: mkd,
  RMD: rmd,
  XRMD: rmd,
  DELE: dele,
  RNFR: rnfr,
  RNTO: rnto,
  SITE: (session, { argument }) => site(session, argument),
}
