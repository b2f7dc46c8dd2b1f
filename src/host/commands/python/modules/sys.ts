import { type Machine, RECURSION_LIMIT } from '../machine.ts'
import { plainObject, record, recordClass } from '../record.ts'
import { functions } from '../signature.ts'
import names from '../stdlib-names.json' with { type: 'json' }
import { traceLine } from '../traceback.ts'
import { dict, list, raise, tuple, tupleOf, valueError } from '../types.ts'
import type { Value } from '../value.ts'
import { versionOf } from '../version.ts'

const VERSION_INFO = recordClass('version_info', 'sys', ['major', 'minor', 'micro', 'releaselevel', 'serial'])
const FLAGS = recordClass('flags', 'sys', [
  'debug',
  'inspect',
  'interactive',
  'optimize',
  'dont_write_bytecode',
  'no_user_site',
  'no_site',
  'ignore_environment',
  'verbose',
  'bytes_warning',
  'quiet',
  'hash_randomization',
  'isolated',
  'dev_mode',
  'utf8_mode',
  'warn_default_encoding',
  'safe_path',
  'int_max_str_digits',
])
const FLOAT_INFO = recordClass('float_info', 'sys', [
  'max',
  'max_exp',
  'max_10_exp',
  'min',
  'min_exp',
  'min_10_exp',
  'dig',
  'mant_dig',
  'epsilon',
  'radix',
  'rounds',
])

export function* sysModule(m: Machine): Iterable<readonly [string, Value]> {
  const version = versionOf(m.process)
  const [major = 3, minor = 11, micro = 2] = version.number.split('.').map(Number)
  yield ['argv', list([...m.argv])]
  yield ['orig_argv', list(m.process.argv.map((word) => word))]
  yield ['version', version.long]
  yield ['version_info', record(VERSION_INFO, BigInt(major), BigInt(minor), BigInt(micro), 'final', 0n)]
  yield ['hexversion', BigInt((major << 24) | (minor << 16) | (micro << 8) | 0xf0)]
  yield ['api_version', 1013n]
  yield [
    'implementation',
    plainObject(
      'SimpleNamespace',
      [
        ['name', 'cpython'],
        ['cache_tag', `cpython-${major}${minor}`],
        ['version', tuple(BigInt(major), BigInt(minor), BigInt(micro), 'final', 0n)],
      ],
      'types',
    ),
  ]
  yield ['platform', 'linux']
  yield ['byteorder', 'little']
  yield ['maxsize', 0x7fffffffffffffffn]
  yield ['maxunicode', 0x10ffffn]
  yield ['executable', `/usr/bin/${/^python[\d.]*$/.test(base(m.process.argv[0] ?? '')) ? base(m.process.argv[0] ?? '') : 'python3'}`]
  yield ['_base_executable', '/usr/bin/python3']
  for (const name of ['prefix', 'exec_prefix', 'base_prefix', 'base_exec_prefix']) yield [name, '/usr']
  yield ['platlibdir', 'lib']
  yield [
    'path',
    list([
      m.firstPath,
      `/usr/lib/python${major}${minor}.zip`,
      `/usr/lib/python${major}.${minor}`,
      `/usr/lib/python${major}.${minor}/lib-dynload`,
      `/usr/local/lib/python${major}.${minor}/dist-packages`,
      '/usr/lib/python3/dist-packages',
    ]),
  ]
  yield ['modules', dict()]
  yield [
    'builtin_module_names',
    tuple(
      '_abc',
      '_ast',
      '_codecs',
      '_collections',
      '_functools',
      '_imp',
      '_io',
      '_locale',
      '_operator',
      '_signal',
      '_sre',
      '_stat',
      '_string',
      '_symtable',
      '_thread',
      '_tracemalloc',
      '_warnings',
      'atexit',
      'builtins',
      'errno',
      'faulthandler',
      'gc',
      'itertools',
      'marshal',
      'posix',
      'pwd',
      'sys',
      'time',
      'xxsubtype',
    ),
  ]
  yield ['stdlib_module_names', tupleOf(Object.keys(names).filter((name) => !name.includes('.')))]
  yield ['stdin', m.stdin]
  yield ['stdout', m.stdout]
  yield ['stderr', m.stderr]
  yield ['__stdin__', m.stdin]
  yield ['__stdout__', m.stdout]
  yield ['__stderr__', m.stderr]
  yield ['flags', record(FLAGS, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 1n, 0n, false, 0n, 0n, false, 4300n)]
  yield [
    'float_info',
    record(FLOAT_INFO, Number.MAX_VALUE, 1024n, 308n, 2.2250738585072014e-308, -1021n, -307n, 15n, 53n, Number.EPSILON, 2n, 1n),
  ]
  yield ['warnoptions', list([])]
  yield ['dont_write_bytecode', false]
  yield [
    'copyright',
    'Copyright (c) 2001-2023 Python Software Foundation.\nAll Rights Reserved.\n\nCopyright (c) 2000 BeOpen.com.\nAll Rights Reserved.\n\nCopyright (c) 1995-2001 Corporation for National Research Initiatives.\nAll Rights Reserved.\n\nCopyright (c) 1991-1995 Stichting Mathematisch Centrum, Amsterdam.\nAll Rights Reserved.',
  ]
  if (m.isInteractive) {
    yield ['ps1', '>>> ']
    yield ['ps2', '... ']
  }
  yield* FUNCTIONS
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const FUNCTIONS = functions({
  exit: [
    'status=',
    (_m, status: Value | undefined) => {
      throw status === undefined ? raise('SystemExit') : raise('SystemExit', status)
    },
  ],
  getrecursionlimit: ['', (m) => BigInt(m.recursionLimit)],
  setrecursionlimit: [
    'limit',
    (m, limit: bigint) => {
      if (limit < 1n) throw valueError('recursion limit must be greater or equal than 1')
      // More of Python's stack than this is more of our memory than it is worth.
      m.recursionLimit = Math.min(Number(limit), 3 * RECURSION_LIMIT)
      return null
    },
  ],
  getsizeof: [
    'object, default=',
    (_m, value: Value) =>
      typeof value === 'string'
        ? BigInt(49 + value.length)
        : typeof value === 'bigint'
          ? value === 0n
            ? 24n
            : BigInt(24 + 4 * Math.ceil((value < 0n ? -value : value).toString(2).length / 30))
          : typeof value === 'number'
            ? 24n
            : 56n,
  ],
  getdefaultencoding: ['', () => 'utf-8'],
  getfilesystemencoding: ['', () => 'utf-8'],
  getfilesystemencodeerrors: ['', () => 'surrogateescape'],
  getrefcount: ['object', () => 2n],
  getswitchinterval: ['', () => 0.005],
  setswitchinterval: ['interval', () => null],
  setdlopenflags: ['n', () => null],
  getdlopenflags: ['', () => 2n],
  settrace: ['function', () => null],
  gettrace: ['', () => null],
  setprofile: ['function', () => null],
  getprofile: ['', () => null],
  set_int_max_str_digits: ['maxdigits', () => null],
  get_int_max_str_digits: ['', () => 4300n],
  intern: ['string', (_m, text: Value) => text],
  is_finalizing: ['', () => false],
  exc_info: [
    '',
    (m) => {
      const current = m.handling()
      return current ? tuple(current.cls, current, m.traceback(current)) : tuple(null, null, null)
    },
  ],
  exception: ['', (m) => m.handling() ?? null],
  _getframe: [
    'depth=',
    (m, depth: Value | undefined) => {
      let frame = m.frame
      for (let i = Number(depth ?? 0n); i > 0 && frame; i--) frame = frame.back
      if (!frame) throw valueError('call stack is not deep enough')
      const line = traceLine(frame)
      const code = plainObject('code', [
        ['co_name', line.name],
        ['co_filename', line.file],
        ['co_firstlineno', BigInt(line.line)],
      ])
      return plainObject('frame', [
        ['f_lineno', BigInt(line.line)],
        ['f_code', code],
        ['f_globals', m.namespace(frame.globals)],
        ['f_locals', m.namespace(frame.locals)],
      ])
    },
  ],
  _at_exit: [
    'function',
    (m, fn: Value) => {
      m.atExit.push(() => m.call(fn, []))
      return null
    },
  ],
  _caller: ['', (m) => m.modules.get('__main__')?.attributes.get('__file__') ?? '<string>'],
  excepthook: ['type, value, traceback', () => null],
})
