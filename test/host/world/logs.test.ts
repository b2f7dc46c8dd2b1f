import { describe, expect, it } from 'vitest'
import { parseCrontab, runsOn } from '../../../src/host/world/logs/crontab.ts'
import { dayAt, dayOf } from '../../../src/host/world/logs/days.ts'
import { rotated } from '../../../src/host/world/logs/log-content.ts'
import { MemoryState, makeHost } from '../harness.ts'

const HOUR = 3_600_000
const lines = (text: string) => text.split('\n').filter(Boolean)

describe('the logs of a machine', () => {
  it('grow while time passes, and what stood there stays as it was', async () => {
    let now = Date.UTC(2026, 10, 24, 12)
    const { run } = makeHost('debian-web', { now: () => now })
    const before = (await run('cat /var/log/syslog')).stdout
    now += 3 * HOUR
    const after = (await run('cat /var/log/syslog')).stdout
    expect(after.startsWith(before)).toBe(true)
    expect(lines(after).length - lines(before).length).toBeGreaterThan(30)
    const times = lines(after).map((line) => Date.parse(line.split(' ', 1)[0] as string))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.at(-1)).toBeLessThanOrEqual(now)
  })

  it('are the same for every source and after a restart', async () => {
    const now = () => Date.UTC(2026, 10, 24, 12)
    const [one, other] = [makeHost('debian-web', { now }), makeHost('debian-web', { now, sourceIp: '203.0.113.5' })]
    const command = 'md5sum /var/log/auth.log.1 /var/log/syslog /var/log/nginx/access.log /var/log/auth.log.2.gz'
    expect((await one.run(command)).stdout).toBe((await other.run(command)).stdout)
  })

  it('agree with cron, last, lastb, the journal and the process table', async () => {
    const { run } = makeHost('debian-web', { now: () => Date.UTC(2026, 10, 24, 16) })
    const auth = (await run('cat /var/log/auth.log')).stdout
    const cron = lines((await run('cat /var/log/cron.log')).stdout)
    const fiveMinutes = cron.filter((line) => line.includes('mail-queue.php'))
    expect(fiveMinutes.length).toBeGreaterThan(100)
    expect(fiveMinutes.every((line) => /T\d\d:\d[05]:01/.test(line))).toBe(true)
    const [, user, from] = /^(\S+) +pts\/\d +(\S+)/m.exec((await run('last')).stdout.replace(/^reboot.*\n/m, '')) ?? []
    expect((await run('cat /var/log/auth.log /var/log/auth.log.1')).stdout).toContain(`Accepted password for ${user?.slice(0, 8)}`)
    expect(from).toMatch(/^10\.20\.0\./)
    const failed = auth.match(/Failed password/g)?.length ?? 0
    const tries = lines((await run('lastb')).stdout).filter((line) => Number(/ Nov +(\d+) /.exec(line)?.[1]) >= 22)
    expect(tries).toHaveLength(failed)
    const pid = Number((await run('echo $$')).stdout)
    const logged = [...auth.matchAll(/CRON\[(\d+)\]: \S+ session opened/g)].map((found) => Number(found[1]))
    expect(logged).toEqual([...logged].sort((a, b) => a - b))
    expect(pid).toBeGreaterThanOrEqual(logged.at(-1) as number)
    expect(pid - (logged.at(-1) as number)).toBeLessThan(1000)
    expect((await run('journalctl -u cron -n 1')).stdout).toContain(`CRON[${logged.at(-1)}]`)
  })

  it('tell what the source did, also after a restart; one that was emptied takes new lines, one that was removed stays away', async () => {
    const state = new MemoryState()
    const now = () => Date.UTC(2026, 10, 24, 16)
    const first = makeHost('debian-web', { state, now })
    await first.run('su - maris -c true; logger -t deploy shipped; sleep 1.2')
    expect((await first.run('tail -n 1 /var/log/syslog')).stdout).toMatch(/ deploy: shipped$/m)
    const again = makeHost('debian-web', { state, now })
    expect((await again.run('tail -n 1 /var/log/auth.log')).stdout).toMatch(/ su\[\d+\]: \(to maris\) root on none$/m)
    const { stdout } = await again.run(
      '> /var/log/auth.log; rm /var/log/user.log; su - deploy -c true; logger x; cat /var/log/auth.log; ls /var/log/user.log',
    )
    expect(lines(stdout)).toEqual([expect.stringMatching(/^2026-11-24T17:00:00\.\d{6}\+01:00 \S+ su\[\d+\]: \(to deploy\) root on none$/)])
  })

  it('have the form of their system: Ubuntu writes the old one, OpenWrt keeps none on its flash', async () => {
    const now = () => Date.UTC(2026, 10, 24, 16)
    expect((await makeHost('ubuntu-gpu', { now }).run('tail -n 1 /var/log/auth.log')).stdout).toMatch(/^Nov 24 \d\d:\d\d:\d\d \S+ \w+/)
    expect((await makeHost('openwrt-router', { now }).run('ls /var/log')).stdout).not.toContain('auth.log')
  })

  it('name in the access log only what the site has, with its size', async () => {
    const { run, persona } = makeHost('debian-web', { now: () => Date.UTC(2026, 10, 24, 20) })
    const hits = lines((await run('cat /var/log/nginx/access.log.1')).stdout)
    expect(hits.length).toBeGreaterThan(40)
    const sizes = new Map([...persona.site].map(([path, bytes]) => [path, bytes.length]))
    for (const hit of hits) {
      const [, path = '', status, size] = /"GET (\S+) HTTP\/1\.1" (\d+) (\d+) /.exec(hit) ?? []
      const file = sizes.get(path) ?? sizes.get(`${path}index.html`) ?? sizes.get(`${path}index.php`)
      expect({ path, status, size: Number(size) }).toEqual({ path, status: file === undefined ? '404' : '200', size: file ?? 153 })
    }
  })

  it('let systemctl say when its timers went off, as syslog does', async () => {
    const { run } = makeHost('debian-web', { now: () => Date.UTC(2026, 10, 24, 16) })
    const { stdout } = await run('systemctl list-timers')
    const [, last] = /^\S+ \S+ \S+ CET .*? left +\w+ 2026-\d\d-\d\d (\d\d:\d\d):\d\d CET .* phpsessionclean\.timer/m.exec(stdout) ?? []
    expect(last).toBe('16:39')
    expect((await run('grep phpsessionclean.service /var/log/syslog | tail -n 1')).stdout).toContain('T16:39:')
    expect(stdout).toMatch(/^10 timers listed\.$/m)
  })
})

describe('a crontab', () => {
  const monday = dayOf(Date.UTC(2026, 10, 23, 12), 'UTC')
  const times = (line: string) =>
    parseCrontab(line)
      .flatMap((job) => runsOn(job, monday))
      .map((at) => new Date(at).toISOString().slice(11, 16))

  it.each([
    ['17 * * * * root x', 24, '00:17'],
    ['*/20 3-4 * * mon root x', 6, '03:00'],
    ['0 12 1 * 1 root either day is enough', 1, '12:00'],
    ['0 12 1 * * root x', 0, undefined],
    ['5,35 1 * nov * root x', 2, '01:05'],
    ['0 6 * * 7 root Sunday', 0, undefined],
    ['# 1 1 * * * root x', 0, undefined],
    ['61 25 * * * root x', 0, undefined],
    ['PATH=/bin a b c d e f', 0, undefined],
  ])('%s', (line, count, first) => {
    expect(times(line)).toHaveLength(count)
    expect(times(line)[0]).toBe(first)
  })
})

describe('rotation', () => {
  const now = Date.UTC(2026, 10, 24, 16)
  const days = ({ from, to }: { from: number; to: number }) => [
    dayOf(from, 'Europe/Copenhagen').index,
    dayOf(to, 'Europe/Copenhagen').index,
  ]
  const index = (month: number, date: number) => Date.UTC(2026, month - 1, date) / 86_400_000

  it.each([
    ['daily', 0, [11, 24], [11, 25]],
    ['daily', 2, [11, 22], [11, 23]],
    ['weekly', 0, [11, 22], [11, 29]],
    ['weekly', 4, [10, 25], [11, 1]],
    ['monthly', 0, [11, 1], [12, 1]],
    ['monthly', 2, [9, 1], [10, 1]],
  ] as const)('%s, %i times', (rotation, age, from, to) => {
    expect(days(rotated(rotation, now, 'Europe/Copenhagen', age))).toEqual([index(from[0], from[1]), index(to[0], to[1])])
  })

  it('knows days of 23 and 25 hours', () => {
    const length = (month: number, date: number) => {
      const day = dayAt(index(month, date), 'Europe/Copenhagen')
      return (day.to - day.from) / HOUR
    }
    expect([length(3, 29), length(10, 25), length(11, 24)]).toEqual([23, 25, 24])
  })
})
