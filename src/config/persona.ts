import { z } from 'zod'
import type { DatabaseSeed } from './database-seed.ts'
import { PersonaNames } from './drawn-names.ts'

const Port = z.number().int().min(1).max(65535)
const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/, 'a Unix user or group name')

/** What the persona's industrial lures control. */
export const PLANT_NAMES = ['water-works', 'substation', 'tank-farm'] as const
export type PlantName = (typeof PLANT_NAMES)[number]

/** One account of the host, as `/etc/passwd`, `/etc/shadow` and `/etc/group` show it. */
export const PersonaUser = z.strictObject({
  name: Name,
  uid: z.number().int().nonnegative(),
  gid: z.number().int().nonnegative(),
  gecos: z.string().default(''),
  home: z.string(),
  shell: z.string(),
  /** Password that `su`, `sudo` and a login check; absent = locked (`!` or `*` in shadow). */
  password: z.string().optional(),
  groups: z.array(Name).default([]),
  sudo: z.enum(['no', 'password', 'nopasswd']).default('no'),
})

/** A running program of the host: shows up alike in ps, systemctl, ss, /proc and the logs. */
export const PersonaService = z.strictObject({
  /** systemd unit or init script without suffix, e.g. `nginx`. */
  unit: z.string(),
  description: z.string(),
  user: z.string().default('root'),
  /** Command line as ps shows it; the first word is the program. */
  command: z.string(),
  /** Processes below the first, e.g. `nginx: worker process`. */
  children: z.array(z.strictObject({ command: z.string(), user: z.string().optional() })).default([]),
  listens: z.array(z.strictObject({ transport: z.enum(['tcp', 'udp']), port: Port, address: z.string().default('0.0.0.0') })).default([]),
  memoryMiB: z.number().positive().default(8),
})

export const LoginPolicy = z.strictObject({
  /**
   * `list`: only `accept` and the passwords of `users`; `any`: everybody; `random`: a source is let in after some tries
   * drawn per source between `tries.min` and `tries.max`, and that pair is remembered for it.
   */
  policy: z.enum(['list', 'any', 'random']).default('list'),
  accept: z.array(z.strictObject({ user: z.string(), password: z.string() })).default([]),
  tries: z.strictObject({ min: z.number().int().min(1), max: z.number().int().max(50) }).default({ min: 2, max: 5 }),
  /** Users who never get in, whatever the policy says. */
  deny: z.array(z.string()).default([]),
})

export const Persona = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/),
  summary: z.string(),
  /** Candidates; the install seed picks one. `{n}` becomes a number of two digits drawn from the seed. */
  hostnames: z.array(z.string()).min(1),
  domain: z.string().default('localdomain'),
  os: z.strictObject({
    family: z.enum(['debian', 'ubuntu', 'openwrt', 'android']),
    /** As os-release says: `Debian GNU/Linux`. */
    name: z.string(),
    id: z.string(),
    version: z.string(),
    codename: z.string().default(''),
    kernel: z.strictObject({ release: z.string(), version: z.string(), machine: z.string() }),
    libc: z.string().default('glibc'),
  }),
  hardware: z.strictObject({
    vendor: z.string(),
    product: z.string(),
    virtualization: z.enum(['none', 'kvm', 'vmware', 'xen', 'microsoft']).default('none'),
    cpu: z.strictObject({
      vendor: z.string(),
      model: z.string(),
      sockets: z.number().int().positive().default(1),
      cores: z.number().int().positive(),
      threadsPerCore: z.number().int().positive().default(1),
      mhz: z.number().positive(),
      cacheKiB: z.number().int().positive().default(1024),
      flags: z.string().default(''),
    }),
    memoryMiB: z.number().int().positive(),
    swapMiB: z.number().int().nonnegative().default(0),
    disks: z
      .array(
        z.strictObject({
          device: z.string(),
          sizeGiB: z.number().positive(),
          usedGiB: z.number().nonnegative(),
          fs: z.string(),
          mount: z.string(),
          model: z.string().default(''),
        }),
      )
      .min(1),
    gpus: z.array(z.strictObject({ model: z.string(), memoryMiB: z.number(), driver: z.string(), cuda: z.string() })).default([]),
  }),
  network: z.strictObject({
    interfaces: z
      .array(
        z.strictObject({
          name: z.string(),
          /** Address with prefix length, e.g. `10.20.0.14/24`. */
          address: z.string(),
          /** First three bytes of the MAC; the seed gives the rest. */
          oui: z.string().regex(/^([0-9a-f]{2}:){2}[0-9a-f]{2}$/),
        }),
      )
      .min(1),
    gateway: z.string(),
    dns: z.array(z.string()).min(1),
  }),
  timezone: z.string().default('UTC'),
  locale: z.string().default('C.UTF-8'),
  shell: z.enum(['bash', 'ash', 'mksh']).default('bash'),
  /** Days that the host has been up at first start, drawn from the seed in this range. */
  uptimeDays: z.strictObject({ min: z.number().nonnegative(), max: z.number().positive() }).default({ min: 9, max: 140 }),
  users: z.array(PersonaUser).min(1),
  services: z.array(PersonaService).default([]),
  /** Installed packages, `name version` as dpkg or opkg know them; a third word gives an architecture other than the host's: `all`. */
  packages: z.array(z.string()).default([]),
  /** Owner and mode of seeds where root:root (in a home: its user) and 0644 are wrong. A path ending in `/` means all below it; the last match wins. */
  attributes: z
    .array(
      z.strictObject({
        path: z.string().startsWith('/'),
        owner: Name.optional(),
        group: Name.optional(),
        /** Octal permission bits of the files: `0640`. */
        mode: z
          .string()
          .regex(/^0[0-7]{3,4}$/, 'an octal mode such as 0640')
          .optional(),
      }),
    )
    .default([]),
  banners: z
    .strictObject({
      /** Identification line without CRLF, RFC 4253 §4.2. */
      ssh: z.string().startsWith('SSH-2.0-').optional(),
      telnet: z.string().optional(),
      motd: z.string().default(''),
      issue: z.string().default(''),
    })
    .default({ motd: '', issue: '' }),
  web: z
    .strictObject({
      server: z.enum(['nginx', 'apache', 'lighttpd', 'uhttpd', 'iis', 'jetty']),
      version: z.string(),
      /** Text of the Server header. */
      header: z.string(),
      root: z.string().default('/var/www/html'),
      title: z.string().default(''),
      /** What the web model may be asked for; all else is the server's own 404. Globs over the path. */
      generate: z.array(z.string()).default([]),
      /** Path prefixes behind a password of the server itself (RFC 7617). */
      basic: z.array(z.strictObject({ path: z.string().startsWith('/'), realm: z.string() })).optional(),
      /** Forms that sign a visitor in. */
      logins: z
        .array(
          z.strictObject({
            /** Path of the page with the form, and of its target. */
            form: z.string().startsWith('/'),
            action: z.string().startsWith('/'),
            /** Names of its fields. */
            user: z.string(),
            password: z.string(),
            /** Cookie that carries the session. */
            cookie: z.string(),
            /** Attributes of that cookie, as they stand behind its value. */
            attributes: z.string().default('path=/'),
            /** Where a visitor goes who has signed in. */
            home: z.string().startsWith('/'),
            /** What the form says after a wrong pair. */
            wrong: z.string(),
            /**
             * Hidden field of the form with a token of the session, and what the form says to a wrong one. A form without the
             * field is taken: a flaw that many sites have, and without it no guesser of passwords would get in.
             */
            token: z.strictObject({ field: z.string(), expired: z.string() }).optional(),
            /** Status of the form while nobody is signed in. */
            status: z.number().int().default(200),
            /** Path prefix that needs the session. */
            protects: z.string().startsWith('/').optional(),
          }),
        )
        .optional(),
      /** Target of a form with `tag` and `value`, which enters a value at the persona's plant, and the page that is shown after it. */
      command: z.strictObject({ action: z.string().startsWith('/'), page: z.string().startsWith('/') }).optional(),
      /** Folder below the root that uploaded files land in, `/uploads/`; absent = they land nowhere. */
      uploads: z.string().startsWith('/').endsWith('/').optional(),
    })
    .optional(),
  /** The one plant behind all its industrial lures. */
  plant: z.enum(PLANT_NAMES).default('water-works'),
  login: LoginPolicy.default({ policy: 'list', accept: [], tries: { min: 2, max: 5 }, deny: [] }),
  /** What a download command of an attacker sees while egress is off. */
  egress: z.enum(['unreachable', 'succeeds']).default('unreachable'),
  model: z
    .strictObject({
      /** Overrides the model of sundew.yaml for this persona. */
      name: z.string().optional(),
      temperature: z.number().min(0).max(2).default(0.2),
      maxTokens: z.number().int().min(16).max(8192).default(600),
      contextTokens: z.number().int().min(512).default(4096),
      seed: z.number().int().optional(),
      keepAlive: z.string().default('30m'),
      deadlineMs: z.number().int().min(200).max(120_000).optional(),
    })
    .default({ temperature: 0.2, maxTokens: 600, contextTokens: 4096, keepAlive: '30m' }),
  /** Words for which each install has others of its own, here and in the seeds. Prompt texts name them by `facts`. */
  names: PersonaNames.prefault({}),
  /** Free facts for the prompt texts, used as `{{facts.company}}`. */
  facts: z.record(z.string(), z.string()).default({}),
})
export type PersonaSpec = z.infer<typeof Persona>

/** A persona ready to be played: its checked yaml, its prompt texts, and where its seeds lie. */
export interface Persona extends PersonaSpec {
  /** Hash over persona.yaml. */
  readonly digest: string
  /** Hash over persona.yaml and the prompt texts: changes whenever an answer could. */
  readonly version: string
  /** The host name that the install seed picked. */
  readonly hostname: string
  readonly prompts: { shell: string; web: string }
  /** Seeds of the file system, path inside the host → bytes. From `files/`, with marks such as `{{hostname}}` filled in. */
  readonly files: ReadonlyMap<string, Buffer>
  /** Pages of the web site, path below the document root → bytes. From `site/`. */
  readonly site: ReadonlyMap<string, Buffer>
  /** What its databases hold. From `database.yaml`; without it they hold a small shop. */
  readonly database?: DatabaseSeed
}
