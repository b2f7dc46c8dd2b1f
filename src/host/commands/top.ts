import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import type { ProcessInfo } from '../process/list.ts'
import { cpuTimes, loadAverages, memory } from '../world/hardware.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { userName } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { Keys } from './gnu/keys.ts'
import { signalName } from './gnu/signals.ts'
import { zoneOf } from './gnu/strftime.ts'
import { uptimeLine } from './gnu/uptime.ts'
import { commandLine, cpuShare, memoryShare } from './ps/columns.ts'

type Order = 'cpu' | 'memory' | 'pid' | 'time'

export default gnuCommand({
  name: 'top',
  package: 'procps',
  version: 'top from procps-ng 4.0.2',
  usage: '[options]',
  short: 'bcd:E:e:HhiLn:Oo:p:SsU:u:w::V1',
  long: {},
  async run(process, options) {
    const batch = options.has('b')
    if (!batch && !process.terminal) {
      await process.stderr.write('top: failed tty get\n')
      return 1
    }
    const delay = Math.max(0.1, Number(options.value('d') ?? 3) || 3) * 1000
    const rounds = Number(options.value('n') ?? Number.POSITIVE_INFINITY)
    const view = {
      full: options.has('c'),
      order: orderOf(options.value('o')),
      only: options.value('p')?.split(',').map(Number),
      user: options.value('u') ?? options.value('U'),
    }
    if (batch) {
      for (let i = 0; i < rounds; i++) {
        if (i > 0) await process.sleep(delay)
        await process.stdout.write(`${screen(process, view).join('\n')}\n${Number.isFinite(rounds) && i === rounds - 1 ? '' : '\n'}`)
      }
      return 0
    }
    return interactive(process, view, delay, rounds)
  },
})

interface View {
  full: boolean
  order: Order
  only: number[] | undefined
  user: string | undefined
}

function orderOf(text: string | undefined): Order {
  return text === undefined ? 'cpu' : /MEM|RES/i.test(text) ? 'memory' : /PID/i.test(text) ? 'pid' : /TIME/i.test(text) ? 'time' : 'cpu'
}

async function interactive(process: Process, view: View, delay: number, rounds: number): Promise<number> {
  const keys = new Keys(process)
  const { stdout } = process
  await stdout.write('\x1b[?1h\x1b=\x1b[H\x1b[2J\x1b[?25l')
  try {
    for (let i = 0; i < rounds; i++) {
      const rows = process.terminal?.rows ?? 24
      const columns = process.terminal?.columns ?? 80
      const lines = screen(process, view).slice(0, rows)
      const painted = lines.map((line, n) => (n === 6 ? `\x1b[7m${line.slice(0, columns).padEnd(columns)}\x1b[0m` : line.slice(0, columns)))
      await stdout.write(`\x1b[H${painted.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J`)
      const key = await keys.next(delay)
      if (key === 'q' || key === '\x03' || keys.ended) break
      if (key === '\x1a') {
        await stdout.write(`\x1b[?1l\x1b>\x1b[${process.terminal?.rows ?? 24};1H\n\x1b[?25h`)
        await keys.suspend()
        await stdout.write('\x1b[?1h\x1b=\x1b[H\x1b[2J\x1b[?25l')
      } else if (key === 'k') await kill(process, keys, view)
      else if (key === 'M') view.order = 'memory'
      else if (key === 'P') view.order = 'cpu'
      else if (key === 'N') view.order = 'pid'
      else if (key === 'T') view.order = 'time'
      else if (key === 'c') view.full = !view.full
    }
  } finally {
    keys.close()
  }
  await stdout.write(`\x1b[?1l\x1b>\x1b[${process.terminal?.rows ?? 24};1H\n\x1b[?25h`)
  return 0
}

/** Asks for a pid and a signal on the line above the table, and sends it. */
async function kill(process: Process, keys: Keys, view: View): Promise<void> {
  const first = ordered(process, process.world.processes.list(), view.order)[0]?.pid ?? 1
  const pid = await ask(process, keys, `PID to signal/kill [default pid = ${first}] `)
  if (pid === undefined) return
  const target = pid === '' ? first : Number(pid)
  const signal = await ask(process, keys, `Send pid ${pid === '' ? first : pid} signal [15/sigterm] `)
  if (signal === undefined) return
  const name = signal === '' ? 'TERM' : signalName(signal)
  let problem: string | undefined
  if (!Number.isInteger(target)) problem = 'Unacceptable integer'
  else if (name === undefined) problem = 'Invalid signal'
  else {
    try {
      process.world.processes.signal(target, name, { uid: process.uid })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      problem = `Failed signal pid '${target}' with '${signal || 15}': ${error.message}`
    }
  }
  if (problem === undefined) return
  await process.stdout.write(`\x1b[6;1H\x1b[7m ${problem} \x1b[0m\x1b[K`)
  await keys.next(2000)
}

async function ask(process: Process, keys: Keys, question: string): Promise<string | undefined> {
  let answer = ''
  for (;;) {
    await process.stdout.write(`\x1b[6;1H\x1b[1m${question}\x1b[0m${answer}\x1b[K\x1b[?25h`)
    const key = await keys.next()
    if (key === undefined || key === '\x1b' || key === '\x03' || key === '\r' || key === '\n') {
      await process.stdout.write('\x1b[?25l')
      return key === '\r' || key === '\n' ? answer : undefined
    }
    if (key === '\x7f' || key === '\b') answer = answer.slice(0, -1)
    else if (/^\w$/.test(key) && answer.length < 20) answer += key
  }
}

function screen(process: Process, view: View): string[] {
  return isBusyBox(process) ? busyBoxScreen(process) : procpsScreen(process, view)
}

function procpsScreen(process: Process, view: View): string[] {
  const { world } = process
  const all = world.processes.list()
  const count = (...states: string[]): number => all.filter((info) => states.includes(info.state)).length
  const m = memory(world)
  const mib = (kib: number): string => (kib / 1024).toFixed(1).padStart(8)
  const shares = percentages(process)
  const number = (value: number): string => value.toFixed(1).padStart(4)
  return [
    `top -${uptimeLine(world, zoneOf(process))}`,
    `Tasks: ${String(all.length).padStart(3)} total, ${String(Math.max(1, count('R'))).padStart(3)} running, ${String(count('S', 'I', 'D')).padStart(3)} sleeping, ${String(count('T')).padStart(3)} stopped, ${String(count('Z')).padStart(3)} zombie`,
    `%Cpu(s): ${number(shares.user)} us, ${number(shares.system)} sy, ${number(shares.nice)} ni, ${number(shares.idle)} id, ${number(shares.iowait)} wa,  0.0 hi, ${number(shares.softirq)} si, ${number(shares.steal)} st `,
    `MiB Mem : ${mib(m.total)} total, ${mib(m.free)} free, ${mib(m.total - m.available)} used, ${mib(m.buffers + m.cached + m.reclaimable)} buff/cache     `,
    `MiB Swap: ${mib(m.swapTotal)} total, ${mib(m.swapFree)} free, ${mib(m.swapTotal - m.swapFree)} used. ${mib(m.available)} avail Mem `,
    '',
    '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND',
    ...ordered(
      process,
      all.filter(
        (info) => (!view.only || view.only.includes(info.pid)) && (view.user === undefined || userName(process, info.uid) === view.user),
      ),
      view.order,
    ).map((info) => row(process, info, view.full)),
  ]
}

/** Shares of processor time since boot with the present load's wave on it. */
function percentages(process: Process): Record<'user' | 'system' | 'nice' | 'idle' | 'iowait' | 'softirq' | 'steal', number> {
  const times = cpuTimes(process.world)
  const total = times.user + times.system + times.nice + times.idle + times.iowait + times.softirq + times.steal || 1
  const noise = (Math.floor(process.world.now() / 700) % 9) / 10
  const share = (value: number): number => (value / total) * 100
  const user = share(times.user) + noise
  const system = share(times.system) + noise / 2
  const rest = share(times.nice) + share(times.iowait) + share(times.softirq) + share(times.steal)
  return {
    user,
    system,
    nice: share(times.nice),
    iowait: share(times.iowait),
    softirq: share(times.softirq),
    steal: share(times.steal),
    idle: Math.max(0, 100 - user - system - rest),
  }
}

/** Share of one processor that a process uses now: what it used on average, and its own beat. */
function present(process: Process, info: ProcessInfo): number {
  if (info.state === 'R' && info.tty !== undefined) return 99.7
  const beat = (Math.floor(process.world.now() / 1000) + info.pid * 7) % 23
  return beat === 0 ? 0.3 : beat === 1 && info.argv.length ? 0.7 : cpuShare(process, info)
}

function ordered(process: Process, infos: readonly ProcessInfo[], order: Order): ProcessInfo[] {
  const key: Record<Order, (info: ProcessInfo) => number> = {
    cpu: (info) => present(process, info),
    memory: (info) => info.rssKiB,
    pid: (info) => info.pid,
    time: (info) => info.cpuMs,
  }
  return [...infos].sort((a, b) => key[order](b) - key[order](a) || a.pid - b.pid)
}

function size(kib: number, width: number): string {
  const text = String(kib)
  if (text.length <= width) return text.padStart(width)
  const mib = kib / 1024
  return mib < 10_000 ? `${mib.toFixed(1)}m`.padStart(width) : `${(mib / 1024).toFixed(1)}g`.padStart(width)
}

function row(process: Process, info: ProcessInfo, full: boolean): string {
  const user = userName(process, info.uid)
  const seconds = info.cpuMs / 1000
  const time = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(2).padStart(5, '0')}`
  const priority = info.nice === -20 && info.argv.length === 0 ? '0' : String(20 + info.nice)
  const shared = info.argv.length ? Math.round(info.rssKiB * 0.66) : 0
  return `${String(info.pid).padStart(7)} ${(user.length > 8 ? `${user.slice(0, 7)}+` : user).padEnd(8)} ${priority.padStart(3)} ${String(info.nice).padStart(3)} ${size(info.vszKiB, 7)} ${size(info.rssKiB, 6)} ${size(shared, 6)} ${info.state} ${present(process, info).toFixed(1).padStart(5)} ${memoryShare(process, info).toFixed(1).padStart(5)} ${time.padStart(9)} ${full ? commandLine(info) : info.comm}`
}

function busyBoxScreen(process: Process): string[] {
  const m = memory(process.world)
  const shares = percentages(process)
  const all = process.world.processes.list()
  const rows = ordered(process, all, 'cpu').map(
    (info) =>
      `${String(info.pid).padStart(5)} ${String(info.ppid).padStart(5)} ${userName(process, info.uid).slice(0, 8).padEnd(8)} ${info.state.padEnd(4)} ${String(info.vszKiB).padStart(5)} ${String(Math.floor((info.vszKiB / m.total) * 100)).padStart(3)}% ${String(Math.floor(present(process, info))).padStart(3)}% ${commandLine(info)}`,
  )
  return [
    `Mem: ${m.total - m.free}K used, ${m.free}K free, ${m.shared}K shrd, ${m.buffers}K buff, ${m.cached}K cached`,
    `CPU: ${String(Math.floor(shares.user)).padStart(3)}% usr ${String(Math.floor(shares.system)).padStart(3)}% sys   0% nic ${String(Math.floor(shares.idle)).padStart(3)}% idle   0% io   0% irq   0% sirq`,
    `Load average: ${loadAverages(process.world)
      .map((load) => load.toFixed(2))
      .join(' ')} 1/${all.length} ${process.pid}`,
    '  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND',
    ...rows,
  ]
}
