import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { type FileStat, HostError, type HostFiles } from '../../contract.ts'
import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { isTrue, keyValue, PhpArray, textOf, toInt, type Value } from '../value.ts'
import type { Native, Natives } from './native.ts'

const s = (value: Value | undefined): string => (value === undefined || value === null ? '' : textOf(value))
const n = (value: Value | undefined, preset = 0): number => (value === undefined || value === null ? preset : Number(toInt(value)))

/** The absolute path that a script means; `file://` may stand before it. Texts of the host are UTF-8, those of PHP bytes. */
export function pathOf(php: Php, value: Value | undefined): string {
  const path = Buffer.from(s(value).replace(/^file:\/\//, ''), 'latin1').toString('utf8')
  return posix.resolve(php.cwd, path)
}

const OFF = new HostError('ENOENT', 'No such file or directory')
export function filesOf(php: Php): HostFiles {
  if (!php.machine.files) throw OFF
  return php.machine.files
}

/** Runs what the files may refuse, and complains as PHP does. */
export function tried<T extends Value>(php: Php, told: (reason: string) => string, work: () => T): T | false {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    php.warn(told(error.message))
    return false
  }
}

function fileDigest(php: Php, caller: string, algorithm: string, path: Value | undefined): string | false {
  return tried(
    php,
    (reason) => `${caller}(${s(path)}): Failed to open stream: ${reason}`,
    () =>
      createHash(algorithm)
        .update(filesOf(php).read(pathOf(php, path)))
        .digest('hex'),
  )
}

/** What nobody complains of when it is not there. */
function stat(php: Php, path: Value | undefined, follow = true): FileStat | undefined {
  try {
    return follow ? filesOf(php).stat(pathOf(php, path)) : filesOf(php).lstat(pathOf(php, path))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
}

/** The content of a file, `php://stdin` or `data:`. Nothing is fetched: an address answers nobody. */
export function* contentOf(php: Php, name: string, given: Value | undefined): Steps<string | false> {
  const path = s(given)
  if (path === '') php.fail('ValueError', 'Path cannot be empty')
  const data = /^data:[^,]{0,200}?(;base64)?,([\s\S]*)$/.exec(path)
  if (data)
    return data[1]
      ? Buffer.from(data[2] as string, 'base64').toString('latin1')
      : decodeURIComponent((data[2] as string).replace(/%(?![0-9a-f]{2})/gi, '%25'))
  if (/^php:\/\/(stdin|input)$/i.test(path)) return ((yield php.machine.input?.()) as string | undefined) ?? ''
  const filter = /^php:\/\/filter\/(?:read=)?([\w.|/-]{0,200}?)\/?resource=(.+)$/i.exec(path)
  if (filter) {
    const raw = yield* contentOf(php, name, filter[2] as string)
    return raw !== false && filter[1]?.includes('convert.base64-encode') ? Buffer.from(raw, 'latin1').toString('base64') : raw
  }
  const address = /^(https?|ftp):\/\/([^/:?#@]{1,253})(?::(\d{1,5}))?/i.exec(path)
  if (address) {
    const host = address[2] as string
    const failure = (yield php.machine.connect?.(host, Number(address[3] ?? (address[1] === 'https' ? 443 : 80)))) as string | undefined
    if (failure?.includes('getaddrinfo'))
      php.warn(`${name}(): php_network_getaddresses: getaddrinfo for ${host} failed: Temporary failure in name resolution`)
    php.warn(
      `${name}(${path}): Failed to open stream: ${failure?.includes('getaddrinfo') ? `php_network_getaddresses: getaddrinfo for ${host} failed: Temporary failure in name resolution` : (failure ?? 'Connection timed out')}`,
    )
    return false
  }
  return tried(
    php,
    (reason) =>
      reason === 'Is a directory'
        ? `${name}(): read of 8192 bytes failed with errno=21 ${reason}`
        : `${name}(${path}): Failed to open stream: ${reason}`,
    () => filesOf(php).read(pathOf(php, path)).toString('latin1'),
  )
}

const known =
  (test: (found: FileStat) => boolean, follow = true): Native =>
  ([path], php) => {
    const found = stat(php, path, follow)
    return found !== undefined && test(found)
  }

const fact =
  (name: string, read: (found: FileStat) => Value): Native =>
  ([path], php) => {
    const found = stat(php, path)
    if (found) return read(found)
    php.warn(`${name}(): stat failed for ${s(path)}`)
    return false
  }

function* fileLines([path, flags]: readonly Value[], php: Php): Steps<Value> {
  const text = yield* contentOf(php, 'file', path)
  if (text === false) return false
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const made = new PhpArray()
  for (const line of lines) {
    const bare = n(flags) & 2 ? line.replace(/\r?\n$/, '') : line
    if (n(flags) & 4 && bare === '') continue
    php.item()
    made.push(bare)
  }
  return made
}

function* write([path, data, flags]: readonly Value[], php: Php): Steps<Value> {
  const text =
    data instanceof PhpArray
      ? data
          .values()
          .map((one) => textOf(one))
          .join('')
      : s(data)
  if (/^php:\/\/(stdout|output)$/i.test(s(path))) {
    yield* php.print(text)
    return BigInt(text.length)
  }
  return tried(
    php,
    (reason) => `file_put_contents(${s(path)}): Failed to open stream: ${reason}`,
    () => {
      const bytes = Buffer.from(text, 'latin1')
      if (n(flags) & 8) filesOf(php).append(pathOf(php, path), bytes)
      else filesOf(php).write(pathOf(php, path), bytes)
      return BigInt(bytes.length)
    },
  )
}

/** Names that fit a pattern with `*` and `?` in its parts. */
function glob(php: Php, pattern: string): PhpArray {
  let found = [pattern.startsWith('/') ? '/' : '']
  for (const part of pattern
    .split('/')
    .filter((one) => one !== '')
    .slice(0, 20)) {
    const alternatives = /\{([^}]{0,500})\}/
      .exec(part)?.[1]
      ?.split(',')
      .map((one) => part.replace(/\{[^}]*\}/, one)) ?? [part]
    found = found.flatMap((folder) => {
      php.item()
      if (!/[*?[]/.test(part)) return alternatives.map((one) => folder + (folder === '' || folder.endsWith('/') ? '' : '/') + one)
      let names: string[] = []
      try {
        names = filesOf(php).list(posix.resolve(php.cwd, folder || '.'))
      } catch (error) {
        if (!(error instanceof HostError)) throw error
      }
      return names
        .filter((name) => alternatives.some((one) => posix.matchesGlob(name, one)) && (!name.startsWith('.') || part.startsWith('.')))
        .sort()
        .map((name) => folder + (folder === '' || folder.endsWith('/') ? '' : '/') + name)
    })
  }
  return PhpArray.of(found.filter((path) => stat(php, path, false) !== undefined))
}

export const FILES: Natives = {
  file_get_contents: ([path], php) => contentOf(php, 'file_get_contents', path),
  file_put_contents: write,
  file: fileLines,
  readfile: function* ([path], php): Steps<Value> {
    const text = yield* contentOf(php, 'readfile', path)
    if (text === false) return false
    yield* php.print(text)
    return BigInt(text.length)
  },
  highlight_file: function* ([path], php): Steps<Value> {
    const text = yield* contentOf(php, 'highlight_file', path)
    if (text !== false) yield* php.print(text)
    return text !== false
  },
  file_exists: known(() => true),
  is_file: known(({ type }) => type === 'file'),
  is_dir: known(({ type }) => type === 'directory'),
  is_link: known(({ type }) => type === 'symlink', false),
  is_readable: ([path], php) => php.machine.files?.may('r', pathOf(php, path)) ?? false,
  is_writable: ([path], php) => php.machine.files?.may('w', pathOf(php, path)) ?? false,
  is_writeable: ([path], php) => php.machine.files?.may('w', pathOf(php, path)) ?? false,
  is_executable: ([path], php) => stat(php, path)?.type === 'file' && (php.machine.files?.may('x', pathOf(php, path)) ?? false),
  filesize: fact('filesize', ({ size }) => BigInt(size)),
  filemtime: fact('filemtime', ({ mtime }) => BigInt(Math.floor(mtime / 1000))),
  fileatime: fact('fileatime', ({ atime }) => BigInt(Math.floor(atime / 1000))),
  filectime: fact('filectime', ({ ctime }) => BigInt(Math.floor(ctime / 1000))),
  fileperms: fact('fileperms', ({ mode, type }) => BigInt(mode | (type === 'directory' ? 0o40000 : 0o100000))),
  fileowner: fact('fileowner', ({ uid }) => BigInt(uid)),
  filegroup: fact('filegroup', ({ gid }) => BigInt(gid)),
  fileinode: fact('fileinode', ({ inode }) => BigInt(inode)),
  filetype: fact(
    'filetype',
    ({ type }) => (({ directory: 'dir', symlink: 'link', character: 'char' }) as Record<string, string>)[type] ?? type,
  ),
  unlink: ([path], php) =>
    tried(
      php,
      (reason) => `unlink(${s(path)}): ${reason}`,
      () => {
        filesOf(php).remove(pathOf(php, path))
        return true
      },
    ),
  mkdir: ([path, mode, deep], php) =>
    tried(
      php,
      (reason) => `mkdir(): ${reason}`,
      () => {
        const full = pathOf(php, path)
        const parts = full.split('/').filter((part) => part !== '')
        for (let i = isTrue(deep ?? null) ? 1 : parts.length; i <= parts.length; i++) {
          const folder = `/${parts.slice(0, i).join('/')}`
          if (i === parts.length || stat(php, folder) === undefined) filesOf(php).mkdir(folder, n(mode, 0o777))
        }
        return true
      },
    ),
  rmdir: ([path], php) =>
    tried(
      php,
      (reason) => `rmdir(${s(path)}): ${reason}`,
      () => {
        filesOf(php).rmdir(pathOf(php, path))
        return true
      },
    ),
  rename: ([from, to], php) =>
    tried(
      php,
      (reason) => `rename(${s(from)},${s(to)}): ${reason}`,
      () => {
        filesOf(php).rename(pathOf(php, from), pathOf(php, to))
        return true
      },
    ),
  copy: ([from, to], php) =>
    tried(
      php,
      (reason) => `copy(${s(from)}): Failed to open stream: ${reason}`,
      () => {
        filesOf(php).write(pathOf(php, to), filesOf(php).read(pathOf(php, from)))
        return true
      },
    ),
  chmod: ([path, mode], php) =>
    tried(
      php,
      (reason) => `chmod(): ${reason}`,
      () => {
        filesOf(php).chmod(pathOf(php, path), n(mode))
        return true
      },
    ),
  chown: ([path, user], php) =>
    tried(
      php,
      (reason) => `chown(): ${reason}`,
      () => {
        filesOf(php).chown(pathOf(php, path), n(user), -1)
        return true
      },
    ),
  touch: ([path, time], php) =>
    tried(
      php,
      (reason) => `touch(): Unable to create file ${s(path)} because ${reason}`,
      () => {
        const at = time === undefined || time === null ? (php.machine.now?.() ?? Date.now()) : n(time) * 1000
        if (stat(php, path) === undefined) filesOf(php).write(pathOf(php, path), Buffer.alloc(0))
        filesOf(php).utimes(pathOf(php, path), at, at)
        return true
      },
    ),
  symlink: ([target, path], php) =>
    tried(
      php,
      (reason) => `symlink(): ${reason}`,
      () => {
        filesOf(php).symlink(s(target), pathOf(php, path))
        return true
      },
    ),
  readlink: ([path], php) =>
    tried(
      php,
      (reason) => `readlink(): ${reason}`,
      () => filesOf(php).readlink(pathOf(php, path)),
    ),
  realpath: ([path], php) => {
    try {
      return filesOf(php).realpath(pathOf(php, path))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return false
    }
  },
  scandir: ([path, order], php) => {
    try {
      const names = ['.', '..', ...filesOf(php).list(pathOf(php, path))].sort()
      return PhpArray.of(n(order) === 1 ? names.reverse() : names)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      php.warn(`scandir(${s(path)}): Failed to open directory: ${error.message}`)
      php.warn(`scandir(): (errno ${error.code === 'ENOENT' ? 2 : error.code === 'EACCES' ? 13 : 20}): ${error.message}`)
      return false
    }
  },
  glob: ([pattern], php) => glob(php, s(pattern)),
  getcwd: (_, php) => php.cwd,
  chdir: ([path], php) => {
    const full = pathOf(php, path)
    if (stat(php, path)?.type === 'directory') {
      php.cwd = full
      return true
    }
    php.warn(`chdir(): No such file or directory (errno 2)`)
    return false
  },
  basename: ([path, suffix]) => {
    const name = s(path).replace(/\/+$/, '').replace(/^.*\//s, '')
    return suffix !== undefined && name !== s(suffix) && name.endsWith(s(suffix)) ? name.slice(0, -s(suffix).length || undefined) : name
  },
  dirname: ([path, levels]) => {
    let folder = s(path)
    for (let i = 0; i < Math.min(50, n(levels, 1)); i++) folder = folder === '' ? '' : posix.dirname(folder)
    return folder
  },
  pathinfo: ([path, part]) => {
    const base = posix.basename(s(path))
    const dot = base.lastIndexOf('.')
    const all: [string, Value][] = [
      ['dirname', posix.dirname(s(path))],
      ['basename', base],
    ]
    if (dot >= 0) all.push(['extension', base.slice(dot + 1)])
    all.push(['filename', dot >= 0 ? base.slice(0, dot) : base])
    const wanted = { 1: 'dirname', 2: 'basename', 4: 'extension', 8: 'filename' }[n(part, 15)]
    return wanted === undefined ? new PhpArray(all) : (all.find(([key]) => key === wanted)?.[1] ?? '')
  },
  tempnam: ([folder, prefix], php) => {
    const path = posix.join(
      s(folder) || '/tmp',
      `${s(prefix)}${createHash('md5').update(String(Math.random())).digest('base64').replace(/\W/g, '').slice(0, 6)}`,
    )
    return tried(
      php,
      (reason) => `tempnam(): ${reason}`,
      () => {
        filesOf(php).write(path, Buffer.alloc(0), 0o600)
        return path
      },
    )
  },
  sys_get_temp_dir: () => '/tmp',
  md5_file: ([path], php) => fileDigest(php, 'md5_file', 'md5', path),
  sha1_file: ([path], php) => fileDigest(php, 'sha1_file', 'sha1', path),
  hash_file: ([name, path], php) =>
    fileDigest(php, 'hash_file', ['md5', 'sha1', 'sha256', 'sha512'].includes(s(name)) ? s(name) : 'sha256', path),
  umask: () => 0o22n,
  clearstatcache: () => null,
  is_uploaded_file: () => false,
  move_uploaded_file: () => false,
  stat: ([path], php) => {
    const found = stat(php, path)
    if (!found) return false
    return new PhpArray(
      (['size', 'mtime', 'atime', 'ctime', 'uid', 'gid', 'mode'] as const).map((key) => [
        key,
        keyValue(Math.floor(key.endsWith('time') ? found[key] / 1000 : found[key])),
      ]),
    )
  },
}
