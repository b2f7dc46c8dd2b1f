import { zoneOf } from '../gnu/strftime.ts'
import { dumped } from './dumper.ts'
import { getOptions } from './getopt-long.ts'
import type { Interpreter } from './interpreter.ts'
import { fromJson, toJson } from './json.ts'
import { applying, clock, digest, numbers, options, pause, posix, set, sockets, texts } from './module-natives.ts'
import { flag } from './operations.ts'
import { Code, type Native, number, PerlArray, PerlHash, Ref, text } from './value.ts'

type Module = (p: Interpreter) => Record<string, Native>

/** Modules of perl-base and perl-modules that one-liners use, with the names that they give away by themselves. */
export const MODULES: Readonly<Record<string, { exports?: string[]; functions?: Module }>> = {
  strict: {},
  warnings: {},
  utf8: {},
  vars: {},
  lib: {},
  feature: {},
  integer: {},
  bytes: {},
  locale: {},
  open: {},
  diagnostics: {},
  English: {},
  Carp: {
    exports: ['croak', 'carp', 'confess', 'cluck'],
    functions: (p) => ({
      croak: (args) => p.machine.die(args.map(text).join('')),
      confess: (args) => p.machine.die(args.map(text).join('')),
      carp: async (args) => {
        await p.machine.warn(args.map(text).join('') + p.machine.place)
        return [1]
      },
    }),
  },
  Socket: {},
  FindBin: {},
  'IO::Handle': {},
  'IO::File': {},
  'IO::Socket': { functions: sockets },
  'IO::Socket::INET': { functions: sockets },
  'Time::HiRes': {
    exports: [],
    functions: (p) => ({
      time: () => [p.machine.process.world.now() / 1000],
      sleep: async ([seconds]) => [await pause(p, number(seconds))],
      usleep: async ([us]) => [await pause(p, number(us) / 1e6)],
    }),
  },
  'Time::Local': {
    exports: ['timelocal', 'timegm'],
    functions: (p) => ({ timegm: numbers((...t) => clock(t, 'UTC')), timelocal: numbers((...t) => clock(t, zoneOf(p.machine.process))) }),
  },
  'MIME::Base64': {
    exports: ['encode_base64', 'decode_base64'],
    functions: () => ({
      encode_base64: (args) => {
        const body = Buffer.from(text(args[0]), 'latin1').toString('base64')
        const end = args.length > 1 ? text(args[1]) : '\n'
        return [body.replace(/.{1,76}/g, (line) => line + end)]
      },
      decode_base64: texts((body = '') => Buffer.from(body.replace(/[^A-Za-z0-9+/=]/g, ''), 'base64').toString('latin1')),
    }),
  },
  'Digest::MD5': {
    exports: [],
    functions: () => ({ md5: digest('md5', 'latin1'), md5_hex: digest('md5', 'hex'), md5_base64: digest('md5', 'base64') }),
  },
  'Digest::SHA': {
    exports: [],
    functions: () =>
      Object.fromEntries(
        ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].flatMap((name) => [
          [name, digest(name, 'latin1')],
          [`${name}_hex`, digest(name, 'hex')],
          [`${name}_base64`, digest(name, 'base64')],
        ]),
      ),
  },
  'List::Util': {
    exports: [],
    functions: (p) => ({
      sum: (args) => [args.length ? args.reduce<number>((total, value) => total + number(value), 0) : undefined],
      sum0: (args) => [args.reduce<number>((total, value) => total + number(value), 0)],
      product: (args) => [args.reduce<number>((total, value) => total * number(value), 1)],
      max: (args) => [
        args.length ? args.reduce<number>((best, value) => Math.max(best, number(value)), Number.NEGATIVE_INFINITY) : undefined,
      ],
      min: (args) => [
        args.length ? args.reduce<number>((best, value) => Math.min(best, number(value)), Number.POSITIVE_INFINITY) : undefined,
      ],
      maxstr: (args) => [args.map(text).sort().at(-1)],
      minstr: (args) => [args.map(text).sort()[0]],
      uniq: (args, wantsList) => {
        const seen = new Map(args.map((value) => [text(value), value]))
        return wantsList ? [...seen.values()] : [seen.size]
      },
      shuffle: (args) =>
        args
          .map((value) => [Math.random(), value] as const)
          .sort(([a], [b]) => a - b)
          .map(([, value]) => value),
      pairs: (args) => Array.from({ length: Math.ceil(args.length / 2) }, (_, i) => new Ref(new PerlArray(args.slice(2 * i, 2 * i + 2)))),
      ...applying(p),
    }),
  },
  'Scalar::Util': {
    exports: [],
    functions: () => ({
      looks_like_number: ([value]) => [
        flag(
          typeof value === 'number' ||
            /^\s*[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|inf(?:inity)?|nan)\s*$/i.test(text(value)),
        ),
      ],
      blessed: ([value]) => [value instanceof Ref ? value.to.blessed : undefined],
      reftype: ([value]) => [
        value instanceof Ref
          ? value.to instanceof PerlArray
            ? 'ARRAY'
            : value.to instanceof PerlHash
              ? 'HASH'
              : value.to instanceof Code
                ? 'CODE'
                : 'SCALAR'
          : undefined,
      ],
      refaddr: ([value]) => [number(value)],
      weaken: () => [],
      dualvar: ([, value]) => [value],
    }),
  },
  POSIX: {
    exports: [
      'floor',
      'ceil',
      'fmod',
      'pow',
      'strftime',
      'strtol',
      'setsid',
      'mktime',
      'isatty',
      'getpid',
      'getuid',
      'tolower',
      'toupper',
      'INT_MAX',
      'INT_MIN',
      'DBL_MAX',
      'WNOHANG',
      'EXIT_SUCCESS',
      'EXIT_FAILURE',
      'uname',
      'ttyname',
      '_exit',
    ],
    functions: posix,
  },
  'Data::Dumper': {
    exports: ['Dumper'],
    functions: (p) => ({ Dumper: (args) => [args.map((value, i) => dumped(p.machine, value, i + 1)).join('')] }),
  },
  'JSON::PP': {
    exports: ['encode_json', 'decode_json'],
    functions: (p) => ({
      encode_json: ([value]) => [toJson(p.machine, value)],
      decode_json: ([value]) => [fromJson(p.machine, text(value))],
      new: () => [new Ref(Object.assign(new PerlHash(), { blessed: 'JSON::PP' }))],
      pretty: ([self]) => set(self, 'pretty'),
      canonical: ([self]) => set(self, 'canonical'),
      utf8: ([self]) => [self],
      encode: ([self, value]) => [toJson(p.machine, value, options(self))],
      decode: ([, value]) => [fromJson(p.machine, text(value))],
    }),
  },
  Cwd: {
    exports: ['getcwd', 'cwd', 'abs_path'],
    functions: (p) => ({
      getcwd: () => [p.machine.process.cwd],
      cwd: () => [p.machine.process.cwd],
      abs_path: ([path]) => [p.machine.process.files.realpath(p.machine.name(path ?? '.'))],
    }),
  },
  'File::Basename': {
    exports: ['basename', 'dirname', 'fileparse'],
    functions: () => ({
      basename: texts((path = '', ...suffixes) => {
        const name = path.replace(/\/+$/, '').replace(/^.*\//, '')
        const suffix = suffixes.find((end) => name.endsWith(end) && name !== end)
        return suffix ? name.slice(0, -suffix.length) : name
      }),
      dirname: texts((path = '') => (/\//.test(path.replace(/\/+$/, '')) ? path.replace(/\/+$/, '').replace(/\/+[^/]*$/, '') || '/' : '.')),
    }),
  },
  'File::Spec': {
    functions: () => ({
      catfile: (args) => [args.slice(1).map(text).join('/')],
      catdir: (args) => [args.slice(1).map(text).join('/')],
      tmpdir: () => ['/tmp'],
    }),
  },
  'File::Temp': { exports: [] },
  'Sys::Hostname': { exports: ['hostname'], functions: (p) => ({ hostname: () => [p.machine.process.world.hostname] }) },
  Exporter: {},
  Fcntl: {},
  Errno: {},
  FileHandle: {},
  Symbol: {},
  experimental: {},
  'Getopt::Long': { exports: ['GetOptions'], functions: (p) => ({ GetOptions: (args) => [flag(getOptions(p, args))] }) },
  constant: {},
  parent: {},
  base: {},
}
