import { MODULES } from '../modules.ts'
import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { phpInfo } from '../phpinfo.ts'
import { PhpArray, textOf, type Value } from '../value.ts'
import type { Natives } from './native.ts'

/** php.ini of Debian's PHP, as far as scripts ask for it. */
const SETTINGS: Readonly<Record<string, string>> = {
  display_errors: '0',
  error_reporting: '22527',
  memory_limit: '-1',
  max_execution_time: '0',
  disable_functions: '',
  open_basedir: '',
  allow_url_fopen: '1',
  allow_url_include: '0',
  upload_max_filesize: '2M',
  post_max_size: '8M',
  file_uploads: '1',
  short_open_tag: '0',
  log_errors: '1',
  error_log: '',
  'date.timezone': '',
  default_charset: 'UTF-8',
  include_path: '.:/usr/share/php',
  precision: '14',
  serialize_precision: '-1',
  extension_dir: '/usr/lib/php/20220829',
  max_input_time: '-1',
}

const modulesOf = (php: Php): readonly string[] => php.machine.modules ?? MODULES

function unamePart(uname: string, mode: string): string {
  const words = uname.split(' ')
  const parts: Record<string, string> = {
    s: words[0] ?? '',
    n: words[1] ?? '',
    r: words[2] ?? '',
    v: words.slice(3, -1).join(' '),
    m: words.at(-1) ?? '',
  }
  return parts[mode] ?? uname
}

/** Functions that tell of PHP and the machine, and those that only set something. */
export const INFORMATION: Natives = {
  phpversion: ([extension], php) =>
    extension === undefined || extension === null || modulesOf(php).some((name) => name.toLowerCase() === textOf(extension).toLowerCase())
      ? php.machine.version
      : false,
  zend_version: (_, php) => php.machine.version.replace(/^8/, '4'),
  php_uname: ([mode], php) => unamePart(php.machine.uname, textOf(mode ?? '')),
  php_sapi_name: (_, php) => php.machine.sapi ?? 'fpm-fcgi',
  phpinfo: function* (_, php): Steps<Value> {
    yield* php.print(phpInfo(php.machine))
    return true
  },
  php_ini_loaded_file: (_, php) => `/etc/php/${php.machine.version.split('.').slice(0, 2).join('.')}/${php.isCli ? 'cli' : 'fpm'}/php.ini`,
  php_ini_scanned_files: () => '',
  extension_loaded: ([name = ''], php) => modulesOf(php).some((one) => one.toLowerCase() === textOf(name).toLowerCase()),
  get_loaded_extensions: (_, php) => PhpArray.of(modulesOf(php)),
  memory_get_usage: () => 393_216n,
  memory_get_peak_usage: () => 431_104n,
  getenv: ([name], php) => {
    if (name === undefined || name === null) return new PhpArray(php.machine.environment ?? [])
    return php.machine.environment?.find(([key]) => key === textOf(name))?.[1] ?? false
  },
  putenv: () => true,
  gethostname: (_, php) => unamePart(php.machine.uname, 'n'),
  gethostbyname: ([name = '']) => textOf(name),
  php_strip_whitespace: () => '',
  sys_getloadavg: () => PhpArray.of([0.08, 0.03, 0.01]),
  ini_get: ([name = ''], php) => php.settings.get(textOf(name)) ?? SETTINGS[textOf(name)] ?? false,
  ini_set: ([name = '', value = null], php) => {
    const before = php.settings.get(textOf(name)) ?? SETTINGS[textOf(name)]
    if (before === undefined) return false
    php.settings.set(textOf(name), textOf(value))
    return before
  },
  ini_restore: () => null,
  ini_get_all: () => new PhpArray(Object.entries(SETTINGS)),
  error_reporting: ([level], php) => {
    const before = BigInt(php.settings.get('error_reporting') ?? '22527')
    if (level !== undefined && level !== null) php.settings.set('error_reporting', textOf(level))
    return before
  },
  error_log: ([text = ''], php) => {
    php.told(`${textOf(text)}\n`)
    return true
  },
  set_time_limit: () => true,
  ignore_user_abort: () => 0n,
  connection_status: () => 0n,
  connection_aborted: () => 0n,
  setlocale: () => 'C',
  gc_collect_cycles: () => 0n,
  header: () => null,
  headers_sent: () => false,
  headers_list: () => new PhpArray(),
  header_remove: () => null,
  http_response_code: (_, php) => (php.isCli ? false : 200n),
  setcookie: () => true,
  session_start: () => true,
  session_id: () => '',
  session_destroy: () => true,
  session_write_close: () => true,
  fastcgi_finish_request: () => true,
  getopt: () => new PhpArray(),
  ob_start: (_, php) => {
    php.output.buffers.push('')
    return true
  },
  ob_get_contents: (_, php) => php.output.buffers.at(-1) ?? false,
  ob_get_clean: (_, php) => php.output.buffers.pop() ?? false,
  ob_end_clean: (_, php) => php.output.buffers.pop() !== undefined,
  ob_clean: (_, php) => {
    if (php.output.buffers.pop() !== undefined) php.output.buffers.push('')
    return true
  },
  ob_get_level: (_, php) => BigInt(php.output.buffers.length),
  ob_get_length: (_, php) => BigInt(php.output.buffers.at(-1)?.length ?? 0),
  ob_end_flush: function* (_, php): Steps<Value> {
    const text = php.output.buffers.pop()
    if (text !== undefined) yield* php.print(text)
    return text !== undefined
  },
  ob_get_flush: function* (_, php): Steps<Value> {
    const text = php.output.buffers.pop()
    if (text !== undefined) yield* php.print(text)
    return text ?? false
  },
  ob_flush: () => true,
  ob_implicit_flush: () => null,
  flush: function* (_, php): Steps<Value> {
    yield* php.flush()
    return null
  },
}
