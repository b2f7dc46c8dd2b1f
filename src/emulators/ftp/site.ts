import { HostError } from '../../host/contract.ts'
import { parseTimeVal } from '../../sensor/ftp-codec.ts'
import { bytes, type FtpSession, latin1 } from './session.ts'

/** SITE, which every product fills as it likes. */
export function site(session: FtpSession, argument: string): string[] {
  const [word = '', ...words] = argument.split(' ')
  const name = word.toUpperCase()
  if (name === '') return session.say('siteMissing')
  if (name === 'HELP') return session.say('siteHelp')
  const rest = words.join(' ')
  if (name === 'CHMOD') return chmod(session, rest)
  const { product } = session.context.options
  if (name === 'UMASK' && product === 'vsftpd') return rest ? session.say('umaskSet', { arg: rest }) : session.say('umask')
  if (name === 'CPFR' && session.has('cpfr')) return copyFrom(session, rest)
  if (name === 'CPTO' && session.has('cpto')) return copyTo(session, rest)
  if (product === 'proftpd' && ['MKDIR', 'RMDIR', 'SYMLINK', 'UTIME'].includes(name)) return change(session, name, words)
  return session.say('siteUnknown', { site: argument })
}

/** Does something to a path, and says and writes down how it went. */
function act(
  session: FtpSession,
  verb: string,
  path: string,
  keys: [done: string, failed: string],
  values: Record<string, string>,
  how: () => void,
): string[] {
  let reason: string | undefined
  try {
    if (!session.mayWrite) throw new HostError('EACCES', 'Permission denied')
    how()
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    reason = error.message
  }
  session.visit.record('ftp.change', { verb: `SITE ${verb}`, path: bytes(latin1(path)), done: reason === undefined })
  return reason === undefined ? session.say(keys[0], values) : session.say(keys[1], { ...values, reason })
}

function chmod(session: FtpSession, argument: string): string[] {
  const { tree } = session
  const match = /^([0-7]{3,4}) (.+)$/s.exec(argument)
  if (!match) return session.say('chmodBad')
  const name = match[2] as string
  const path = tree.resolve(name)
  return act(session, 'CHMOD', path, ['chmod', 'chmodFailed'], { name }, () =>
    tree.files.chmod(tree.real(path), Number.parseInt(match[1] as string, 8)),
  )
}

/** mod_copy, whose commands needed no login once (CVE-2015-3306). */
function copyFrom(session: FtpSession, argument: string): string[] {
  const path = session.tree.resolve(argument)
  session.visit.tag('cve:CVE-2015-3306')
  try {
    session.tree.stat(path)
    session.copyFrom = path
    return session.say('cpfr')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return session.say('cpfrFailed', { target: latin1(path), reason: error.message })
  }
}

function copyTo(session: FtpSession, argument: string): string[] {
  const from = session.copyFrom
  session.copyFrom = undefined
  if (from === undefined) return session.say('cptoFirst')
  const { tree } = session
  const path = tree.resolve(argument)
  return act(session, 'CPTO', path, ['cpto', 'siteFailed'], { name: argument }, () =>
    tree.files.write(tree.real(path), tree.files.read(tree.real(from)), 0o644),
  )
}

function change(session: FtpSession, name: string, words: readonly string[]): string[] {
  const { tree } = session
  const last = words.at(-1) ?? ''
  const path = tree.resolve(last)
  const real = tree.real(path)
  return act(session, name, path, ['siteDone', 'siteFailed'], { site: name, name: last }, () => {
    if (name === 'MKDIR') tree.files.mkdir(real, 0o755)
    else if (name === 'RMDIR') tree.files.rmdir(real)
    else if (name === 'SYMLINK') tree.files.symlink(words[0] ?? '', real)
    else {
      const time = parseTimeVal(words[0] ?? '')
      if (time === undefined) throw new HostError('EINVAL', 'Invalid argument')
      tree.files.utimes(real, time, time)
    }
  })
}
