import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { completedTable } from '../../src/host/commands/gnu/page-options.ts'
import { commands } from '../../src/host/commands/index.ts'
import { parseSections, type RecordedAnswer } from '../../src/host/recorded/answers.ts'
import { makeHost } from './harness.ts'

const FOLDER = join(import.meta.dirname, '../../src/host/recorded/debian-12')
const answers = new Map<string, RecordedAnswer>()
for (const file of readdirSync(FOLDER))
  for (const [key, answer] of parseSections(readFileSync(join(FOLDER, file), 'utf8'))) answers.set(key, answer)

/** Commands that read their options as getopt_long(3) does, with their pages. */
const paged = commands.flatMap((command) => {
  const page = answers.get(`${command.name} --help`)
  return page?.exitCode === 0 && command.options ? [{ ...command, options: command.options, page: page.text }] : []
})

/** Long options that programs have and do not tell of, and those that commands of one implementation share. */
const UNNAMED = {
  adduser: 'gecos force-badname',
  bzip2: 'uncompress to-stdout list extreme threads',
  chgrp: 'from',
  date: 'rfc-822 rfc-2822',
  flock: 'nb wait',
  gunzip: 'to-stdout decompress uncompress fast best',
  gzip: 'to-stdout uncompress',
  insmod: 'remove force all verbose',
  mkswap: 'endianness',
  rmmod: 'remove all',
  sed: 'binary',
  shutdown: 'force',
  swapoff: 'show summary noheadings',
  xz: 'uncompress to-stdout small fast best',
  zcat: 'stdout to-stdout decompress uncompress keep no-name name fast best',
  zip: 'recurse quiet junk-paths password encrypt',
}

describe('what programs of Debian 12 answer as recorded', () => {
  const { run } = makeHost()

  it('is a whole page: synopsis, every option in its order, closing lines', async () => {
    const { stdout, stderr, exitCode } = await run('/usr/bin/base64 --help')
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(stdout).toMatch(/^Usage: \/usr\/bin\/base64 \[OPTION\]\.\.\. \[FILE\]\n.*FILE/)
    expect([...stdout.matchAll(/^ {2}(?:-\w,| {3}) --([a-z-]+)/gm)].map(([, name]) => name)).toEqual([
      'decode',
      'ignore-garbage',
      'wrap',
      'help',
      'version',
    ])
    expect(stdout).toMatch(
      /\nGNU coreutils online help: <https:\/\/www\.gnu\.org\/software\/coreutils\/>\n.*\n.*coreutils\/base64>\n.*base64 invocation'\n$/,
    )
    expect((await run('base64 -w0 --help -d')).stdout).toBe(stdout.replaceAll('/usr/bin/base64', 'base64'))
  })

  it('is there for the programs that are asked most', () => {
    const asked =
      'ls cat cp mv rm grep sed tar gzip find xargs curl wget ssh scp ps top free ss ip systemctl journalctl apt dpkg useradd usermod passwd su sudo crontab mount df du lsblk lscpu fdisk nc ping perl git openssl gawk'
    expect(asked.split(' ').filter((name) => !answers.has(`${name} --help`))).toEqual([])
    expect([...answers.keys()].filter((key) => key.endsWith(' --help')).length).toBeGreaterThan(250)
  })

  it('goes to the stream and with the status of the program, by the name it was called by', async () => {
    expect(await run('ps --version; nc --help; useradd --nope 2>&1 | head -n 1; mawk --version')).toEqual({
      stdout: "ps from procps-ng 4.0.2\nuseradd: unrecognized option '--nope'\n",
      stderr: "nc: invalid option -- '-'\nnc -h for help\nmawk: not an option: --version\n",
      exitCode: 2,
    })
    expect((await run('(exec -a /x/ls ls --nope)')).stderr).toBe(
      "/x/ls: unrecognized option '--nope'\nTry '/x/ls --help' for more information.\n",
    )
  })

  it('needs no model', async () => {
    const asked: unknown[] = []
    const { run: runWithModel } = makeHost('debian-web', {
      engine: {
        async ask(question) {
          asked.push(question.input)
          return { value: question.fallback(), source: 'fallback', generation: {} }
        },
        state: () => ({ enabled: true, backends: [], asked: 0, cacheHits: 0, shared: 0, generated: 0, fallbacks: 0, queued: 0 }),
      },
    })
    await runWithModel('ls --help; loginctl --version; chcon; chcon --nope; lsblk --nope')
    expect(asked).toEqual([])
    await runWithModel('file --apple /etc/hostname')
    expect(asked).toEqual(['file --apple /etc/hostname'])
  })

  it('stays away from other systems and from BusyBox', async () => {
    expect((await run('busybox ls --version')).stdout).not.toContain('coreutils')
    expect((await makeHost('openwrt-router').run('ls --version')).stdout).not.toContain('coreutils')
    expect((await makeHost('ubuntu-gpu').run('ss --version')).stdout).not.toContain('6.1.0')
  })
})

describe('options of commands and of their pages', () => {
  it('has every option that the page names, obeyed or not', async () => {
    const { run } = makeHost()
    const refused: string[] = []
    for (const { name, options, page } of paged) {
      const table = completedTable(options, page)
      const words = Object.entries(table.long).map(([long, target]) => {
        const needed = target.endsWith('=') || new RegExp(`${target}:(?!:)`).test(table.short)
        return page.includes(`--${long}`) ? `--${long}${needed ? '=1' : ''}` : ''
      })
      const line = `${name} ${words.join(' ')} --help`
      const { stderr } = await run(line)
      if (/unrecognized|invalid option|doesn't allow|requires an/.test(stderr)) refused.push(stderr.split('\n', 1)[0] as string)
    }
    expect(refused).toEqual([])
  })

  it('has long options that the page does not name only where the program has them too', () => {
    const unnamed = paged.map(({ name, options, page }) => [
      name,
      Object.keys(options.long ?? {})
        .filter((long) => !page.includes(`--${long}`))
        .join(' '),
    ])
    expect(Object.fromEntries(unnamed.filter(([, names]) => names !== ''))).toEqual(UNNAMED)
  })
})

describe('what bash tells of its builtins', () => {
  const { run } = makeHost()

  it('tells by help, and by --help with status 2', async () => {
    const { stdout, exitCode } = await run('cd --help')
    expect(exitCode).toBe(2)
    expect(stdout).toMatch(/^cd: cd \[-L\|\[-P \[-e\]\] \[-@\]\] \[dir\]\n {4}\S.*\n {4}\n {4}\S/)
    expect([...stdout.matchAll(/^ {6}(-\S)\t/gm)].map(([, option]) => option)).toEqual(['-L', '-P', '-e', '-@'])
    expect((await run('help cd')).stdout).toBe(stdout)
    expect((await run('echo --help; true --help; help -s pwd "shop*"; help nope')).stdout).toBe(
      "--help\npwd: pwd [-LP]\nShell commands matching keyword `pwd, shop*'\n\nshopt: shopt [-pqsu] [-o] [optname ...]\n",
    )
  })

  it('names each option of a builtin once more in its text', async () => {
    const { stdout } = await run('for b in $(compgen -b); do help $b; done')
    for (const part of stdout.split(/^(?=\S)/m)) {
      const [usage = '', ...lines] = part.split('\n')
      // Which completions there are, `complete` leaves to the manual.
      if (usage.startsWith('complete:') || !lines.some((line) => line.includes('Options'))) continue
      const letters = [...usage.matchAll(/\[-([A-Za-z]+)\]/g)].flatMap(([, cluster]) => [...(cluster as string)])
      expect(
        letters.filter((letter) => !new RegExp(`-${letter}\\b`).test(lines.join('\n'))),
        usage,
      ).toEqual([])
    }
  })
})
