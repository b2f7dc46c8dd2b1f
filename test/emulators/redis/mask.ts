/**
 * What two real servers, or one asked twice, answer differently. Everything else is compared byte for byte.
 */
interface Rule {
  /** Matches the words of the command, joined by spaces, in lower case. */
  command: RegExp
  profile?: string
  /** Why it cannot be equal. */
  because: string
  to: (reply: string) => string
}

const digits = (text: string): string => text.replace(/\d{1,20}(?:\.\d{1,20})?/g, 'N')
const withoutLength = (text: string): string => text.replace(/^[$=]\d+\r\n/, '$N\r\n')
const sortedElements = (text: string): string => text.split('\r\n').sort().join('\r\n')

const RULES: Rule[] = [
  { command: /^info\b|info replication/, because: 'counters, clocks and ids', to: infoShape },
  { command: /^client (list|info)/, because: 'ports, ids, buffers', to: (text) => withoutLength(digits(text)) },
  {
    command: /^(client id|hello)/,
    because: 'connection id',
    to: (text) => text.replace(/(\$2\r\nid\r\n)?:\d+\r\n/g, '$1:N\r\n').replace(/\$\d\r\n\d\.\d\.\d+/, 'V'),
  },
  { command: /^(time|lastsave|xadd)\b/, because: 'the clock', to: digits },
  { command: /^(keys|scan)\b/, because: 'order of the hash table', to: sortedElements },
  { command: /^ttl k$/, because: 'seconds between two recorded steps', to: digits },
  { command: /^memory (usage|stats)/, because: 'sizes of an allocator', to: (text) => digits(text).replace(/\$N\r\nN\r\n/g, 'D\r\n') },
  { command: /^slowlog/, because: 'speed of the machine', to: () => 'slow commands' },
  { command: /^(psync|sync)\b/, because: 'replication id; a dump in other encodings', to: dumpShape },
  { command: /^config get (\S*\*|save)/, because: 'order of the hash table; what this installation set', to: configShape },
  { command: /^config get (dir|dbfilename)/, because: 'folder of the installation', to: (text) => text.replace(/\$\d+\r\n\/\S*/, 'PATH') },
  { command: /^bgsave/, because: 'whether the one before has ended', to: () => 'saving' },
  { command: /^command list/, because: 'order of the hash table', to: sortedElements },
]

export function mask(send: string[] | string, reply: string, profile: string): string {
  const command = (typeof send === 'string' ? send.trim() : send.join(' ')).toLowerCase()
  const rule = RULES.find((r) => r.command.test(command) && (!r.profile || r.profile === profile))
  return rule ? rule.to(reply) : reply
}

/** Sections and keys in their order, with the values that are the same everywhere. */
function infoShape(reply: string): string {
  const constant =
    /^(?:redis_git|redis_mode|arch_bits|multiplexing_api|monotonic_clock|hz|role|maxclients|master_host|cluster_enabled|maxmemory_policy|aof_|loading)/
  return withoutLength(reply)
    .split('\r\n')
    .map((line) => (constant.test(line) ? line : line.replace(/:.*/, ':')))
    .join('\n')
    .replace(/\$(?:N|\d+)\n/g, '')
    .replace(/(?:cmdstat|latency_percentiles|errorstat)_\S*\n/g, '')
    .replace(/db\d+:\n/g, '')
}

function dumpShape(reply: string): string {
  return reply
    .replace(/[0-9a-f]{40}/g, 'ID')
    .replace(/FULLRESYNC ID \d+/, 'FULLRESYNC ID N')
    .replace(/\$\d+\r\n(REDIS\d{4})[\s\S]*/, '$N $1 …')
    .replace(/^\n/, '')
}

const INSTALLED = new Set([
  'dir',
  'dbfilename',
  'pidfile',
  'port',
  'logfile',
  'bind',
  'save',
  'maxmemory',
  'daemonize',
  'supervised',
  'protected-mode',
  'enable-module-command',
])

function configShape(reply: string): string {
  const words = reply
    .split('\r\n')
    .filter((_, i) => i % 2 === 0)
    .slice(1)
  const pairs = Array.from({ length: words.length >> 1 }, (_, i) => [words[i * 2], words[i * 2 + 1]] as [string, string])
  return pairs
    .map(([name, value]) => (INSTALLED.has(name) ? name : `${name}=${value}`))
    .sort()
    .join('\n')
}
