import type { Process } from '../command.ts'
import { neighbours, primary, sameNetwork } from '../world/network.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'
import { isOwn, isPrivate, noteIndicator, resolve } from './net/target.ts'

export default gnuCommand({
  name: 'ping',
  package: 'iputils-ping',
  usage: '[options] <destination>',
  trouble: 2,
  short: '46aAbBc:CdDe:fhi:I:l:Lm:M:nN:Op:qQ:rRs:S:t:T:UvVw:W:',
  long: { count: 'c' },
  async run(process, options) {
    if (options.has('V')) {
      await process.stdout.write('ping from iputils 20221126\n')
      return 0
    }
    const host = options.operands.at(-1)
    if (host === undefined) {
      await process.stderr.write(
        isBusyBox(process)
          ? 'BusyBox v1.36.1 () multi-call binary.\n\nUsage: ping [OPTIONS] HOST\n'
          : `${process.argv[0]}: usage error: Destination address required\n`,
      )
      return isBusyBox(process) ? 1 : 2
    }
    const count = options.value('c')
    if (count !== undefined && !/^\d{1,9}$/.test(count)) {
      await process.stderr.write(`${process.argv[0]}: invalid argument: '${count}'\n`)
      return 1
    }
    noteIndicator(process, 'host', host, 'ping')
    const found = await resolve(process, host)
    if ('failure' in found) {
      await process.stderr.write(
        isBusyBox(process)
          ? `ping: bad address '${host}'\n`
          : `${process.argv[0]}: ${host}: ${found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'}\n`,
      )
      return isBusyBox(process) ? 1 : 2
    }
    return new Pinging(process, host, found.address, {
      count: count === undefined ? Number.POSITIVE_INFINITY : Number(count),
      interval: Math.max(2, Number(options.value('i') ?? 1) * 1000),
      size: Number(options.value('s') ?? 56),
      deadline: options.has('w') ? Number(options.value('w')) * 1000 : Number.POSITIVE_INFINITY,
      wait: Number(options.value('W') ?? 10) * 1000,
      quiet: options.has('q'),
    }).run()
  },
})

interface Plan {
  count: number
  interval: number
  size: number
  deadline: number
  wait: number
  quiet: boolean
}

class Pinging {
  readonly #process: Process
  readonly #host: string
  readonly #address: string
  readonly #plan: Plan
  readonly #times: number[] = []
  #sent = 0
  #errors = 0

  constructor(process: Process, host: string, address: string, plan: Plan) {
    this.#process = process
    this.#host = host
    this.#address = address
    this.#plan = plan
  }

  async run(): Promise<number> {
    const { stdout } = this.#process
    const busybox = isBusyBox(this.#process)
    const started = this.#process.world.now()
    const stop = new AbortController()
    this.#process.onSignal('INT', () => stop.abort())
    await stdout.write(
      busybox
        ? `PING ${this.#host} (${this.#address}): ${this.#plan.size} data bytes\n`
        : `PING ${this.#host} (${this.#address}) ${this.#plan.size}(${this.#plan.size + 28}) bytes of data.\n`,
    )
    while (this.#sent < this.#plan.count && !stop.signal.aborted && this.#process.world.now() - started < this.#plan.deadline) {
      await this.#one(busybox)
      if (this.#sent < this.#plan.count) await this.#wait(this.#plan.interval, stop.signal)
    }
    if (this.#times.length === 0 && this.#errors === 0 && !stop.signal.aborted) await this.#wait(this.#plan.wait, stop.signal)
    await this.#summary(busybox, this.#process.world.now() - started)
    return this.#times.length > 0 ? 0 : 1
  }

  /** Sleeps in short pieces, so that Ctrl-C ends it with its statistics. */
  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    for (let left = ms; left > 0 && !signal.aborted; left -= 100) await this.#process.sleep(Math.min(left, 100))
  }

  async #one(busybox: boolean): Promise<void> {
    const sequence = ++this.#sent
    const time = this.#roundTrip(sequence)
    if (time === undefined) {
      await this.#unanswered(sequence)
      return
    }
    this.#times.push(time)
    await this.#process.sleep(Math.max(0, Math.round(time)))
    if (this.#plan.quiet) return
    const from = this.#host === this.#address ? this.#address : `${this.#address} (${this.#address})`
    const text = time < 1 ? time.toFixed(3) : time < 10 ? time.toFixed(2) : time.toFixed(1)
    await this.#process.stdout.write(
      busybox
        ? `${this.#plan.size + 8} bytes from ${this.#address}: seq=${sequence - 1} ttl=${this.#ttl()} time=${time.toFixed(3)} ms\n`
        : `${this.#plan.size + 8} bytes from ${from}: icmp_seq=${sequence} ttl=${this.#ttl()} time=${text} ms\n`,
    )
  }

  async #unanswered(sequence: number): Promise<void> {
    const main = primary(this.#process.world)
    const near = sameNetwork(this.#address, main.address, main.prefix)
    const from = near ? main.address : this.#process.world.persona.network.gateway
    if (!near && !isPrivate(this.#address) && sequence % 3 !== 1) return
    this.#errors++
    if (near) await this.#process.sleep(sequence === 1 ? 2000 : 0)
    if (!isBusyBox(this.#process) && !this.#plan.quiet)
      await this.#process.stdout.write(`From ${from} icmp_seq=${sequence} ${near ? 'Destination Host Unreachable' : 'Packet filtered'}\n`)
  }

  #ttl(): number {
    return isOwn(this.#process, this.#address) || neighbours(this.#process.world).some((entry) => entry.address === this.#address)
      ? 64
      : 64 - this.#process.world.identity.integer(`hops/${this.#address}`, 6, 17)
  }

  /** Milliseconds, or nothing when no answer comes. */
  #roundTrip(sequence: number): number | undefined {
    const { world } = this.#process
    const noise = ((world.now() * 7919 + sequence * 104_729) % 1000) / 1000
    if (isOwn(this.#process, this.#address)) return 0.018 + noise * 0.05
    if (neighbours(world).some((entry) => entry.address === this.#address)) return 0.21 + noise * 0.4
    if (world.persona.egress !== 'succeeds' || isPrivate(this.#address)) return undefined
    return world.identity.integer(`distance/${this.#address}`, 4, 180) + noise * 1.8
  }

  async #summary(busybox: boolean, elapsed: number): Promise<void> {
    const received = this.#times.length
    const loss = this.#sent === 0 ? 0 : Math.round(((this.#sent - received) / this.#sent) * 1000) / 10
    const shownLoss = Number.isInteger(loss) ? loss : loss.toFixed(4).replace(/0+$/, '')
    let text = `\n--- ${this.#host} ping statistics ---\n`
    text += busybox
      ? `${this.#sent} packets transmitted, ${received} packets received, ${Math.floor(loss)}% packet loss\n`
      : `${this.#sent} packets transmitted, ${received} received, ${this.#errors ? `+${this.#errors} errors, ` : ''}${shownLoss}% packet loss, time ${Math.max(0, elapsed)}ms\n`
    if (received) {
      const [low, high] = [Math.min(...this.#times), Math.max(...this.#times)]
      const mean = this.#times.reduce((sum, time) => sum + time, 0) / received
      const deviation = Math.sqrt(this.#times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / received)
      text += busybox
        ? `round-trip min/avg/max = ${low.toFixed(3)}/${mean.toFixed(3)}/${high.toFixed(3)} ms\n`
        : `rtt min/avg/max/mdev = ${low.toFixed(3)}/${mean.toFixed(3)}/${high.toFixed(3)}/${deviation.toFixed(3)} ms\n`
    } else if (!busybox) text += '\n'
    await this.#process.stdout.write(text)
  }
}
