import type { Php } from './php.ts'
import { INT_MAX, INT_MIN, type Value } from './value.ts'

const FIXED: Readonly<Record<string, Value>> = {
  PHP_EOL: '\n',
  PHP_OS: 'Linux',
  PHP_OS_FAMILY: 'Linux',
  PHP_INT_MAX: INT_MAX,
  PHP_INT_MIN: INT_MIN,
  PHP_INT_SIZE: 8n,
  PHP_FLOAT_EPSILON: Number.EPSILON,
  PHP_FLOAT_MAX: Number.MAX_VALUE,
  PHP_FLOAT_MIN: 2.2250738585072014e-308,
  PHP_FLOAT_DIG: 15n,
  PHP_EXTRA_VERSION: '',
  PHP_ZTS: 0n,
  PHP_DEBUG: 0n,
  PHP_MAXPATHLEN: 4096n,
  PHP_BINARY: '/usr/bin/php8.2',
  PHP_PREFIX: '/usr',
  PHP_BINDIR: '/usr/bin',
  PHP_SHLIB_SUFFIX: 'so',
  DIRECTORY_SEPARATOR: '/',
  PATH_SEPARATOR: ':',
  NAN: Number.NaN,
  INF: Number.POSITIVE_INFINITY,
  M_PI: Math.PI,
  M_E: Math.E,
  M_SQRT2: Math.SQRT2,
  E_ALL: 32767n,
  E_ERROR: 1n,
  E_WARNING: 2n,
  E_PARSE: 4n,
  E_NOTICE: 8n,
  E_STRICT: 2048n,
  E_DEPRECATED: 8192n,
  E_USER_ERROR: 256n,
  E_USER_WARNING: 512n,
  E_USER_NOTICE: 1024n,
  SORT_REGULAR: 0n,
  SORT_NUMERIC: 1n,
  SORT_STRING: 2n,
  SORT_FLAG_CASE: 8n,
  COUNT_RECURSIVE: 1n,
  JSON_PRETTY_PRINT: 128n,
  JSON_UNESCAPED_SLASHES: 64n,
  JSON_UNESCAPED_UNICODE: 256n,
  JSON_THROW_ON_ERROR: 4_194_304n,
  JSON_ERROR_NONE: 0n,
  ENT_QUOTES: 3n,
  ENT_COMPAT: 2n,
  ENT_NOQUOTES: 0n,
  ENT_HTML401: 0n,
  ENT_HTML5: 48n,
  LOCK_SH: 1n,
  LOCK_EX: 2n,
  LOCK_UN: 3n,
  FILE_APPEND: 8n,
  FILE_USE_INCLUDE_PATH: 1n,
  FILE_IGNORE_NEW_LINES: 2n,
  FILE_SKIP_EMPTY_LINES: 4n,
  STR_PAD_RIGHT: 1n,
  STR_PAD_LEFT: 0n,
  STR_PAD_BOTH: 2n,
  PREG_SPLIT_NO_EMPTY: 1n,
  PREG_PATTERN_ORDER: 1n,
  PREG_SET_ORDER: 2n,
  ARRAY_FILTER_USE_KEY: 2n,
  ARRAY_FILTER_USE_BOTH: 1n,
  EXTR_SKIP: 1n,
  PATHINFO_EXTENSION: 4n,
  PATHINFO_FILENAME: 8n,
  PATHINFO_BASENAME: 2n,
  PATHINFO_DIRNAME: 1n,
  SEEK_SET: 0n,
  SEEK_CUR: 1n,
  SEEK_END: 2n,
  AF_INET: 2n,
  AF_UNIX: 1n,
  SOCK_STREAM: 1n,
  SOCK_DGRAM: 2n,
  SOL_TCP: 6n,
  SIGTERM: 15n,
  SIGKILL: 9n,
  SIGINT: 2n,
  SIGHUP: 1n,
  SIGCHLD: 17n,
  SIG_DFL: 0n,
  SIG_IGN: 1n,
  WNOHANG: 1n,
  LC_ALL: 6n,
  MT_RAND_MT19937: 0n,
  PHP_ROUND_HALF_UP: 1n,
}
/** Names of extensions that come in packages of their own. */
const CASELESS: Readonly<Record<string, Value>> = { true: true, false: false, null: null }

/** @throws PhpThrow where PHP 8 knows no such constant */
export function constantOf(php: Php, name: string): Value {
  const bare = name.replace(/^.*\\/, '')
  const lower = bare.toLowerCase()
  if (Object.hasOwn(CASELESS, lower)) return CASELESS[lower] as Value
  const found = knownConstant(php, bare)
  return found === undefined ? php.fail('Error', `Undefined constant "${name}"`) : found
}

export function knownConstant(php: Php, name: string): Value | undefined {
  const { frame, machine } = php
  const own = php.constants.get(name)
  if (own !== undefined) return own
  if (Object.hasOwn(FIXED, name)) return FIXED[name] as Value
  const [major = '8', minor = '2', release = '0'] = machine.version.split('.')
  switch (name) {
    case 'PHP_VERSION':
      return machine.version
    case 'PHP_MAJOR_VERSION':
      return BigInt(major)
    case 'PHP_MINOR_VERSION':
      return BigInt(minor)
    case 'PHP_RELEASE_VERSION':
      return BigInt(Number.parseInt(release, 10))
    case 'PHP_VERSION_ID':
      return BigInt(Number(major) * 10_000 + Number(minor) * 100 + Number.parseInt(release, 10))
    case 'PHP_SAPI':
      return machine.sapi ?? 'fpm-fcgi'
    case 'STDIN':
    case 'STDOUT':
    case 'STDERR':
      return php.resources.get(['STDIN', 'STDOUT', 'STDERR'].indexOf(name) + 1)
  }
  switch (name.toUpperCase()) {
    case '__LINE__':
      return BigInt(frame.line)
    case '__FILE__':
      return frame.file
    case '__DIR__':
      return frame.file.includes('/') ? frame.file.replace(/\/[^/]*$/, '') || '/' : php.cwd
    case '__FUNCTION__':
      return frame.label.replace(/^.*(?:->|::)/, '')
    case '__METHOD__':
      return frame.label.replace('->', '::')
    case '__CLASS__':
      return frame.scope?.name ?? ''
    case '__NAMESPACE__':
      return ''
    default:
      return undefined
  }
}
