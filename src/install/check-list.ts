import type { Settings } from '../config/schema.ts'
import type { Destination } from './destinations.ts'
import type { Facts, TriedPort } from './facts.ts'

/** One line of the list. */
export interface Item {
  part: string
  /** `note`: works, and could be better. */
  state: 'ok' | 'bad' | 'note'
  what: string
  /** Commands to type, or words where none can be given; empty when all is well. */
  cure: string
}

const NODE_MAJOR = 26
const GIB = 1024 ** 3
const LOW_MEMORY = 0.5 * GIB
const LOW_DISK = 5 * GIB
/** Besides connections: databases, logs, artifacts, outputs, the console. */
const OTHER_FILES = 512
const MOST_NAMED = 8

/** What of an installation is well, what is not, and the commands that cure it. Nothing is changed. */
export function checkList(facts: Facts, settings: Settings, destinations: readonly Destination[]): Item[] {
  return [
    node(facts),
    user(facts),
    ...ports(facts),
    ...lowPorts(facts),
    ssh(facts),
    ...dataFolder(facts),
    memory(facts, settings),
    files(facts, settings),
    clock(facts),
    ...model(facts, settings),
    ...console(facts, settings),
    service(facts),
    egress(facts, destinations),
  ]
}

function ok(part: string, what: string): Item {
  return { part, state: 'ok', what, cure: '' }
}

function node({ nodeVersion, project }: Facts): Item {
  const what = `Node ${nodeVersion}`
  if (Number.parseInt(nodeVersion, 10) >= NODE_MAJOR) return ok('node', what)
  return {
    part: 'node',
    state: 'bad',
    what: `${what}; ${NODE_MAJOR} is needed`,
    cure: `cd ${project} && npm ci   (it brings Node ${NODE_MAJOR})`,
  }
}

function user({ user: { uid, name }, service: { isContainer } }: Facts): Item {
  if (uid !== 0 || isContainer) return ok('user', `runs as ${name} (${uid})`)
  return {
    part: 'user',
    state: 'bad',
    what: 'runs as root: whoever finds a fault in Node or in Sundew has the machine',
    cure: 'useradd --system --create-home --home-dir /var/lib/sundew --shell /usr/sbin/nologin sundew && sudo -u sundew npm start',
  }
}

const nameOf = ({ lure, transport, host, port }: TriedPort): string => `${lure} ${transport} ${host}:${port}`

function ports({ ports: tried }: Facts): Item[] {
  const closed = tried.filter(({ error }) => error !== undefined && error !== 'EACCES')
  if (tried.length === 0) return [ok('ports', 'a sensor runs and has them')]
  if (closed.length === 0) return [ok('ports', `${tried.length} ports of the plan: nobody has them`)]
  return closed.map((one): Item => {
    const { lure, transport, host, port, error } = one
    if (error === 'EADDRINUSE') {
      const look = `sudo ss -${transport === 'tcp' ? 'lt' : 'lu'}np 'sport = :${port}'`
      return {
        part: 'ports',
        state: 'bad',
        what: `${nameOf(one)} is taken`,
        cure: `${look}   shows by whom; end that, or in sundew.yaml: lures: [{ lure: ${lure}, ports: [N] }]`,
      }
    }
    if (error === 'EADDRNOTAVAIL') {
      return {
        part: 'ports',
        state: 'bad',
        what: `${nameOf(one)}: this machine has no such address`,
        cure: `ip addr   shows those that it has; set listen.host, which is ${host}`,
      }
    }
    return {
      part: 'ports',
      state: 'bad',
      what: `${nameOf(one)} cannot be opened (${error})`,
      cure: `sundew.yaml: lures: [{ lure: ${lure}, enabled: false }]`,
    }
  })
}

/** Ports below 1024 want a right; three ways to it, the narrowest first. */
function lowPorts({ ports: tried, nodePath, service: { hasUnit }, user: { name } }: Facts): Item[] {
  const forbidden = tried.filter(({ error }) => error === 'EACCES')
  const [first] = forbidden
  if (!first) return []
  const lowest = Math.min(...forbidden.map(({ port }) => port))
  const named = forbidden.slice(0, MOST_NAMED).map(({ port }) => port)
  const what = `${name} may not open ${forbidden.length} ports: ${named.join(', ')}${forbidden.length > named.length ? ', …' : ''}`
  if (hasUnit) return [{ part: 'ports', state: 'note', what: `${what}; the service of systemd has that right`, cure: '' }]
  return [
    {
      part: 'ports',
      state: 'bad',
      what,
      cure: [
        `sudo setcap cap_net_bind_service=+ep ${nodePath}`,
        `or for everybody: echo net.ipv4.ip_unprivileged_port_start=${lowest} | sudo tee /etc/sysctl.d/60-sundew.conf && sudo sysctl --system`,
        `or by authbind: sudo install -o ${name} -m 0500 /dev/null /etc/authbind/byport/${lowest}   for each port, and authbind --deep npm start`,
        'or keep listen.offset: 10000, and redirect: sudo nft add rule ip nat prerouting tcp dport 22 redirect to :10022',
      ].join('\n'),
    },
  ]
}

function ssh({ sshPorts, ports: tried, hostName }: Facts): Item {
  if (!sshPorts) return ok('ssh', 'no SSH server of its own on this machine')
  const port = sshPorts.join(', ')
  if (!sshPorts.includes(22)) return ok('ssh', `your own SSH is on port ${port}`)
  const clashes = tried.some((one) => one.transport === 'tcp' && one.port === 22)
  return {
    part: 'ssh',
    state: clashes ? 'bad' : 'note',
    what: clashes
      ? 'your own SSH has port 22, which a lure is to play'
      : 'your own SSH has port 22: attackers who look there meet it, and no lure',
    cure: [
      "echo 'Port 22022' | sudo tee /etc/ssh/sshd_config.d/port.conf && sudo sshd -t && sudo systemctl restart ssh",
      `ssh -p 22022 ${hostName}   from elsewhere, before this session is closed`,
    ].join('\n'),
  }
}

function dataFolder({ data: { path, exists, isWritable, freeBytes }, user: { uid, name } }: Facts): Item[] {
  const items: Item[] = []
  const make = `sudo install -d -o ${name} -m 0700 ${path}`
  if (!exists) {
    const what = `${path} is not there yet`
    items.push(
      isWritable
        ? ok('data', `${what}, and will be made`)
        : { part: 'data', state: 'bad', what: `${what}, and ${name} may not make it`, cure: make },
    )
  } else if (!isWritable) {
    items.push({ part: 'data', state: 'bad', what: `${name} may not write ${path}`, cure: `sudo chown -R ${name} ${path}` })
  } else if (exists.uid !== uid && uid !== 0) {
    items.push({
      part: 'data',
      state: 'bad',
      what: `${path} belongs to another user (${exists.uid})`,
      cure: `sudo chown -R ${name} ${path}`,
    })
  } else if ((exists.mode & 0o077) !== 0) {
    items.push({
      part: 'data',
      state: 'bad',
      what: `${path} is open to other users (0${exists.mode.toString(8)}): it holds keys and what attackers sent`,
      cure: `chmod 0700 ${path}`,
    })
  } else items.push(ok('data', `${path} belongs to ${name} alone`))
  const space = `${(freeBytes / GIB).toFixed(1)} GiB free there`
  items.push(
    freeBytes < LOW_DISK
      ? {
          part: 'data',
          state: 'bad',
          what: space,
          cure: `df -h ${path}   make room, or in sundew.yaml: store: { retainGiB: ${Math.max(1, Math.floor(freeBytes / GIB / 2))} }`,
        }
      : ok('data', space),
  )
  return items
}

function memory({ memory: { bytes, freeBytes } }: Facts, { llm }: Settings): Item {
  const what = `${(bytes / GIB).toFixed(1)} GiB of memory, ${(freeBytes / GIB).toFixed(1)} free`
  if (bytes < LOW_MEMORY) return { part: 'memory', state: 'bad', what, cure: 'give it 1 GiB, or play less: SUNDEW_PROFILE=mini' }
  const isHere = llm.enabled && llm.backends.some(({ url }) => isLoopback(new URL(url).hostname))
  if (isHere && bytes < 6 * GIB) {
    return {
      part: 'memory',
      state: 'note',
      what: `${what}; a model of 4 billion parameters beside it wants 6 GiB`,
      cure: 'ollama pull qwen3:0.6b   and SUNDEW_LLM_MODEL=qwen3:0.6b, or a model server elsewhere: SUNDEW_OLLAMA_URL=http://HOST:11434',
    }
  }
  return ok('memory', what)
}

function files({ files: most, user: { name }, service: { hasUnit } }: Facts, { limits }: Settings): Item {
  const wanted = limits.connections + OTHER_FILES
  if (most >= wanted) return ok('files', `${most === Number.POSITIVE_INFINITY ? 'any number of' : most} files may be open`)
  return {
    part: 'files',
    state: hasUnit ? 'note' : 'bad',
    what: `${most} files may be open; ${limits.connections} connections want ${wanted}${hasUnit ? '; the service of systemd has more' : ''}`,
    cure: `echo '${name} - nofile 65536' | sudo tee /etc/security/limits.d/sundew.conf   and log in again; or limits: { connections: ${Math.max(16, most - OTHER_FILES)} }`,
  }
}

function clock({ clock: keeper, service: { isContainer } }: Facts): Item {
  if (keeper) return ok('clock', `${keeper} holds the clock`)
  if (isContainer) return ok('clock', 'the clock is that of the machine below the container')
  return {
    part: 'clock',
    state: 'bad',
    what: 'nothing was found that holds the clock: events carry its time',
    cure: 'sudo apt-get install systemd-timesyncd && sudo timedatectl set-ntp true',
  }
}

function model({ model: findings }: Facts, { llm }: Settings): Item[] {
  if (!llm.enabled) return [ok('model', 'switched off: SSH and HTTP answer from what is built in')]
  return findings.map(({ ok, what, cure }) => ({ part: 'model', state: ok ? 'ok' : 'bad', what, cure }))
}

function console(
  { console: { hasAccounts, hasPages }, project }: Facts,
  { console: { enabled, host, port, secureCookies } }: Settings,
): Item[] {
  if (!enabled) return [ok('console', 'switched off here')]
  const items: Item[] = []
  if (!hasPages) items.push({ part: 'console', state: 'bad', what: 'its pages are not built', cure: `cd ${project} && npm run prepare` })
  if (!isLoopback(host) && !secureCookies) {
    items.push({
      part: 'console',
      state: 'bad',
      what: `it listens on ${host} without HTTPS`,
      cure: `SUNDEW_CONSOLE_HOST=127.0.0.1, and from your desk: ssh -L ${port}:127.0.0.1:${port} THIS-HOST; or a proxy with HTTPS before it and console: { secureCookies: true }`,
    })
  }
  if (!hasAccounts)
    items.push({
      part: 'console',
      state: 'note',
      what: 'nobody has an account yet',
      cure: 'npm run sundew -- user add NAME operator   or the link that npm start prints',
    })
  return items.length ? items : [ok('console', `http://${host}:${port}, for those who have an account`)]
}

function service({ service: { hasSystemd, hasUnit, isEnabled, hasDocker, isContainer }, project }: Facts): Item {
  if (isContainer) return ok('service', 'a container; its runtime starts it again')
  if (hasUnit && isEnabled) return ok('service', 'systemd starts it')
  if (hasUnit)
    return {
      part: 'service',
      state: 'bad',
      what: 'the service is there, and not started with the machine',
      cure: 'sudo systemctl enable --now sundew',
    }
  const byDocker = `cd ${project} && docker compose up -d`
  const bySystemd = `sudo install -m 0644 ${project}/deploy/sundew.service /etc/systemd/system/ && sudo systemctl daemon-reload && sudo systemctl enable --now sundew`
  const ways = [...(hasSystemd ? [bySystemd] : []), ...(hasDocker ? [byDocker] : [])]
  return {
    part: 'service',
    state: 'note',
    what: 'nothing starts it with the machine, or again after an end',
    cure: ways.length ? ways.join('\nor ') : 'neither systemd nor Docker is here: let what starts your services run npm start',
  }
}

/** Sundew itself connects to nobody else; a firewall holds even when a fault makes it try. */
function egress({ user: { uid, name }, egressRule }: Facts, destinations: readonly Destination[]): Item {
  const listed = destinations.map(({ what, host, port }) => `${what} ${host}:${port}`).join(', ')
  const may = destinations.length ? `it may connect to ${listed}` : 'it connects to nobody'
  if (egressRule) return ok('egress', `${may}; ${egressRule} holds it to rules`)
  if (uid === 0)
    return {
      part: 'egress',
      state: 'note',
      what: `${may}; no firewall can tell root's connections apart`,
      cure: 'let it run as a user of its own first',
    }
  const tcp = [...new Set(destinations.map(({ port }) => port))].join(', ')
  const names = destinations.some(({ host }) => !/^[\d.]+$|:/.test(host) && !isLoopback(host))
  const rules = [
    'oif lo accept',
    'ct state established,related accept',
    ...(tcp ? [`tcp dport { ${tcp} } accept`] : []),
    ...(names ? ['udp dport 53 accept'] : []),
    'drop',
  ]
  const chain = rules.map((rule) => `meta skuid ${name} ${rule}`).join('; ')
  return {
    part: 'egress',
    state: 'note',
    what: `${may}; no firewall of this machine holds it to that`,
    cure: `sudo nft 'table inet sundew { chain out { type filter hook output priority 0; ${chain}; } }'   and into /etc/nftables.conf to keep it`,
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.')
}
