/**
 *   us:       220 (vsFTPd 3.0.3)
 *   attacker: USER backup, PASS anything       us: 331 …, 230 Login successful.          → login
 *   attacker: PASV, LIST                       us: 150 …, drwxr-xr-x … a line now and then → secrets-maze.held
 *   attacker: RETR database.sql                us: 150 …, INSERT INT… O `us… ers` …       → secrets-maze.held
 *   attacker: STOR x86                         us: 226 Transfer complete.                → artifact
 */
import { evidence } from '../../events/bytes.ts'
import { formatPasv, parseCommand, timeVal } from '../../sensor/ftp-codec.ts'
import { type Channel, LimitReached, type Passive, VisitEnded } from '../../sensor/visit.ts'
import type { MazeVisit } from './events.ts'
import { formatOf } from './formats.ts'
import type { Entry, Maze } from './maze.ts'
import { documentFor, type Reader, type Teller, told } from './telling.ts'

const LINE_BYTES = 4096
const COMMANDS = 5000
/** vsftpd's idle_session_timeout, just before the sensor's own. */
const PATIENCE_MS = 295_000
/** How long a data connection is waited for. */
const DATA_MS = 60_000
/** Bytes of an upload that are kept. */
const KEPT = 32 * 2 ** 20
const FEATURES = ['EPRT', 'EPSV', 'MDTM', 'PASV', 'REST STREAM', 'SIZE', 'TVFS']
/** When they were last changed. */
const UNLISTED_SINCE = Date.UTC(2024, 2, 5, 9, 14)
const REFUSED = new Set(['DELE', 'RMD', 'XRMD', 'MKD', 'XMKD', 'RNFR', 'SITE'])

/** An FTP server that lets everybody in, and has the folders and documents of the maze. */
export async function serveFtp(visit: MazeVisit, maze: Maze, teller: Teller): Promise<void> {
  await new FtpSession(visit, maze, teller).run()
}

class FtpSession {
  readonly #visit: MazeVisit
  readonly #maze: Maze
  readonly #teller: Teller
  #user: string | undefined
  #isIn = false
  #folder = '/'
  #passive: Passive | undefined

  constructor(visit: MazeVisit, maze: Maze, teller: Teller) {
    this.#visit = visit
    this.#maze = maze
    this.#teller = teller
  }

  async run(): Promise<void> {
    await this.#reply('220 (vsFTPd 3.0.3)')
    for (let n = 0; n < COMMANDS; n++) {
      const { verb, argument } = parseCommand(await this.#line())
      this.#visit.record('secrets-maze.ftp', { verb: verb.slice(0, 32), argument: evidence(latin1(verb === 'PASS' ? '' : argument)) })
      if (verb === 'QUIT') {
        await this.#reply('221 Goodbye.')
        return
      }
      await this.#reply(await this.#answer(verb, argument))
    }
  }

  async #line(): Promise<Buffer> {
    try {
      return await this.#visit.line(LINE_BYTES, { within: PATIENCE_MS })
    } catch (error) {
      if (error instanceof LimitReached && error.limit === 'read-deadline') await this.#reply('421 Timeout.')
      throw error
    }
  }

  async #answer(verb: string, argument: string): Promise<string> {
    switch (verb) {
      case 'USER':
        if (this.#isIn) return "530 Can't change to another user."
        this.#user = argument
        return '331 Please specify the password.'
      case 'PASS':
        return this.#password(argument)
      case 'FEAT':
        return ['211-Features:', ...FEATURES.map((name) => ` ${name}`), '211 End'].join('\r\n')
      case 'OPTS':
        return argument.toUpperCase().startsWith('UTF8') ? '200 Always in UTF8 mode.' : '501 Option not understood.'
    }
    if (!this.#isIn) return '530 Please login with USER and PASS.'
    switch (verb) {
      case 'SYST':
        return '215 UNIX Type: L8'
      case 'NOOP':
        return '200 NOOP ok.'
      case 'TYPE':
        return /^A/i.test(argument) ? '200 Switching to ASCII mode.' : '200 Switching to Binary mode.'
      case 'MODE':
      case 'STRU':
        return `200 ${verb === 'MODE' ? 'Mode set to S' : 'Structure set to F'}.`
      case 'REST':
        return '350 Restart position accepted (0).'
      case 'PWD':
      case 'XPWD':
        return `257 "${this.#folder.replace(/(.)\/$/, '$1')}" is the current directory`
      case 'CWD':
      case 'XCWD':
        return this.#enter(argument)
      case 'CDUP':
      case 'XCUP':
        return this.#enter('..')
      case 'PASV':
      case 'EPSV':
        return this.#listen(verb)
      case 'PORT':
      case 'EPRT':
        return `500 Illegal ${verb} command.`
      case 'SIZE':
      case 'MDTM':
        return this.#fact(verb, argument)
      case 'LIST':
      case 'NLST':
        return this.#list(verb, argument)
      case 'RETR':
        return this.#retrieve(argument)
      case 'STOR':
      case 'APPE':
      case 'STOU':
        return this.#store(argument)
    }
    return REFUSED.has(verb) ? '550 Permission denied.' : '500 Unknown command.'
  }

  #password(password: string): string {
    if (this.#isIn) return '230 Already logged in.'
    if (this.#user === undefined) return '503 Login with USER first.'
    this.#visit.login({ method: 'ftp', username: evidence(latin1(this.#user)), password: evidence(latin1(password)), accepted: true })
    this.#isIn = true
    return '230 Login successful.'
  }

  #enter(argument: string): string {
    const folder = `${this.#resolve(argument).replace(/\/$/, '')}/`
    if (!this.#maze.hasFolder(folder)) return '550 Failed to change directory.'
    this.#folder = folder
    return '250 Directory successfully changed.'
  }

  async #listen(verb: 'PASV' | 'EPSV'): Promise<string> {
    this.#passive = await this.#visit.passive()
    const { port } = this.#passive
    return verb === 'EPSV'
      ? `229 Entering Extended Passive Mode (|||${port}|)`
      : `227 Entering Passive Mode (${formatPasv({ address: this.#visit.local.ip, port })}).`
  }

  #fact(verb: 'SIZE' | 'MDTM', argument: string): string {
    const path = this.#resolve(argument)
    const entry = this.#entry(path) ?? unlisted(path)
    if (!entry || entry.isFolder) return verb === 'SIZE' ? '550 Could not get file size.' : '550 Could not get file modification time.'
    return `213 ${verb === 'SIZE' ? entry.size : timeVal(entry.modified)}`
  }

  #entry(path: string): Entry | undefined {
    const at = path.lastIndexOf('/') + 1
    const folder = path.slice(0, at)
    return this.#maze.hasFolder(folder) ? this.#maze.list(folder).find(({ name }) => name === path.slice(at)) : undefined
  }

  async #list(verb: 'LIST' | 'NLST', argument: string): Promise<string> {
    const path = `${this.#resolve(argument.replace(/^(?:-\w{1,20}\s*){1,5}/, '')).replace(/\/$/, '')}/`
    const entries = this.#maze.hasFolder(path) ? this.#maze.list(path) : []
    const record = (n: number): string | undefined => {
      const entry = entries[n]
      return entry && `${verb === 'NLST' ? entry.name : longLine(entry)}\r\n`
    }
    const document = { head: '', between: '', tail: '', record, least: entries.length }
    return this.#send(
      '150 Here comes the directory listing.',
      told(document, 'index', this.#reader(verb, path), this.#teller),
      '226 Directory send OK.',
    )
  }

  async #retrieve(argument: string): Promise<string> {
    const path = this.#resolve(argument)
    const reader = this.#reader('RETR', path)
    const found = this.#entry(path)?.isFolder === true ? undefined : documentFor(reader, this.#teller)
    if (!found) return '550 Failed to open file.'
    const size = (this.#entry(path) ?? unlisted(path))?.size ?? 0
    const opening = `150 Opening BINARY mode data connection for ${argument} (${size} bytes).`
    return this.#send(opening, told(found.document, found.name, reader, this.#teller), '226 Transfer complete.')
  }

  async #send(opening: string, pieces: AsyncIterable<Buffer>, closing: string): Promise<string> {
    const channel = await this.#channel()
    if (typeof channel === 'string') return channel
    await this.#reply(opening)
    try {
      for await (const piece of pieces) await channel.write(piece)
      await channel.end()
      return closing
    } catch (error) {
      // The data connection may go while the control connection stays.
      if (!(error instanceof VisitEnded) || this.#visit.signal.aborted) throw error
      return '426 Failure writing network stream.'
    }
  }

  async #store(argument: string): Promise<string> {
    const channel = await this.#channel()
    if (typeof channel === 'string') return channel
    await this.#reply('150 Ok to send data.')
    const kept: Buffer[] = []
    let size = 0
    for (let chunk = await channel.read(); chunk; chunk = await channel.read()) {
      if (size < KEPT) kept.push(chunk.subarray(0, KEPT - size))
      size += chunk.length
    }
    await channel.end()
    const path = latin1(this.#resolve(argument))
    const { sha256 } = this.#visit.capture(Buffer.concat(kept), { how: 'ftp.stor', name: evidence(path) })
    this.#visit.record('secrets-maze.upload', { path: evidence(path), size, sha256 }, ['attack:T1105'])
    return '226 Transfer complete.'
  }

  /** The data connection that the client has prepared, or what is said where there is none. */
  async #channel(): Promise<Channel | string> {
    const passive = this.#passive
    this.#passive = undefined
    if (!passive) return '425 Use PORT or PASV first.'
    try {
      return await passive.accept({ within: DATA_MS })
    } catch (error) {
      if (error instanceof LimitReached && error.limit === 'passive') return '425 Failed to establish connection.'
      throw error
    } finally {
      passive.close()
    }
  }

  #resolve(argument: string): string {
    const parts: string[] = []
    for (const part of (argument.startsWith('/') ? argument : this.#folder + argument).split('/')) {
      if (part === '..') parts.pop()
      else if (part !== '' && part !== '.') parts.push(part)
    }
    return `/${parts.join('/')}`
  }

  #reader(verb: string, path: string): Reader {
    return { visit: this.#visit, verb, path, agent: 'ftp' }
  }

  async #reply(text: string): Promise<void> {
    await this.#visit.write(Buffer.from(`${text}\r\n`, 'latin1'))
  }
}

/** A document that no listing names is there all the same for who guesses its name. */
function unlisted(path: string): Entry | undefined {
  if (formatOf(path) === undefined) return undefined
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    isFolder: false,
    modified: UNLISTED_SINCE,
    size: 400 + ((path.length * 977) % 20_000),
  }
}

/** As vsftpd writes it: times of the last half year with the hour, older ones with the year. */
function longLine({ name, isFolder, modified, size }: Entry): string {
  const [, day = '', month = '', year = ''] = new Date(modified).toUTCString().split(' ')
  const mode = isFolder ? 'drwxr-xr-x    2' : '-rw-r--r--    1'
  return `${mode} 1001     1001     ${String(isFolder ? 4096 : size).padStart(8)} ${month} ${day}  ${year} ${name}`
}

function latin1(text: string): Buffer {
  return Buffer.from(text.slice(0, 1024), 'latin1')
}
