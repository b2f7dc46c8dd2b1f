// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's own expansions
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/host/shell/expand/pattern.ts'
import { makeHost } from './harness.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Twice what is booked for a host: bookkeeping is by length, and strings have heads. */
const MOST_MIB = 256

/** Each takes all the memory that it gets; `bash` and what it starts are killed, or told that there is none. */
const HOGS: Record<string, string> = {
  'words of many braces': `echo ${'{1..200000} '.repeat(300)}; echo alive`,
  'wide words of one brace': `echo {${'0'.repeat(1000)}1..190000}; echo alive`,
  'braces within braces': `echo {${'{1..190000},'.repeat(300)}x}; echo alive`,
  'here-documents of sleepers':
    'x=$(head -c 4000000 /dev/zero | tr "\\0" x); for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do sleep 9 <<< $x & done; kill $(jobs -p); echo alive',
  'copies of an array in subshells': 'a=($(seq 400000)); for i in $(seq 80); do (sleep 9) & done; wait',
  'files read whole by many': 'for i in $(seq 40); do base64 -w0 /dev/zero | tac & done; wait',
  'lines to sort': 'for i in 1 2 3 4; do yes | sort & done; wait; echo alive',
  'an array without end': 'x=$(head -c 100000 /dev/zero | tr "\\0" x); while :; do a[i++]=$(echo $x$i); done',
  'positional parameters that double': 'set -- a; while :; do set -- "$@" "$@"; done',
  'locals of a recursion': 'x=$(head -c 1000000 /dev/zero | tr "\\0" x); f() { local y=$(echo $x); f; }; f',
  'texts in awk': `awk 'BEGIN { while (1) a[i++] = sprintf("%5000d", i) }'; echo alive`,
  'the hold space of sed': "for i in $(seq 60); do yes | tr -d 'x' | sed -n H & done; wait",
  'a line without end': 'for i in $(seq 60); do cut -c1 /dev/zero & done; wait',
  'functions without end': 'x=$(head -c 200000 /dev/zero | tr "\\0" x); while :; do eval "f$((i++))() { echo $x; }"; done',
  'aliases without end': 'x=$(head -c 200000 /dev/zero | tr "\\0" x); while :; do alias a$((i++))=$x; done',
  'a dump without end': 'for i in $(seq 60); do od /dev/zero > /dev/null & done; wait',
  'the last lines of very many': 'yes | tail -n 1000000000; echo alive',
}

describe('memory is bounded for each host, whatever its programs do', () => {
  /** What is alive, in MiB: what nobody holds any more is the collector's to take when it likes. */
  const alive = (): number => {
    collectGarbage()
    const { heapUsed, external } = process.memoryUsage()
    return (heapUsed + external) / 2 ** 20
  }

  it.each(Object.entries(HOGS))('%s', { timeout: 30_000 }, async (_, line) => {
    const before = alive()
    const test = makeHost()
    const hog = test.host.spawn(test.request(line))
    const drain = async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const _ of stream);
    }
    void drain(hog.stdout)
    void drain(hog.stderr)
    await Promise.race([hog.exited, new Promise((resolve) => setTimeout(resolve, 250))])
    const held = alive() - before
    hog.hangup()
    hog.signal('KILL')
    await hog.exited
    expect(test.recorder.of('lure.fault')).toEqual([])
    expect(held).toBeLessThan(MOST_MIB)
  })

  it('the process that holds most is killed, its shell says so and goes on', { timeout: 60_000 }, async () => {
    const { stdout, stderr } = await makeHost().run(
      `awk 'BEGIN { x = sprintf("%1000000d", 1); while (1) a[i++] = sprintf("%s%d", x, i) }'; echo $?`,
    )
    expect(stderr).toMatch(/^bash: line 1: +\d+ Killed +awk /)
    expect(stdout).toBe('137\n')
  })

  it('what a shell holds shows in ps, and is free again when it is over', async () => {
    const work = 'f() { local y=$x; }; f; set -- $x; set --; for i in $x; do break; done; sort <<< $x | tail -1'
    const { stdout } = await makeHost().run(`x=$(seq 50000); ps -o rss= $$; ${work}; ps -o rss= $$; unset x; ps -o rss= $$`)
    const [begun, last, after, end] = stdout.split(/\s+/).filter(Boolean).map(Number)
    expect(last).toBe(9999)
    expect(begun).toBeGreaterThan(1200)
    expect(after).toBe(begun)
    expect(end).toBeLessThan(1000)
  })
})

describe('patterns are matched in bounded time', () => {
  const text = 'a'.repeat(20_000)
  it.each([
    ['*+(a|aa)b', false],
    ['+(+(a)|+(aa))*b', false],
    ['*(*(*(a)))', true],
    ['!(*b*)', true],
    ['*a*a*a*a*a*a*a*a*b', false],
  ])('%s', (source, expected) => {
    const startedAt = performance.now()
    expect(new Pattern(source, { extended: true }).matches(text)).toBe(expected)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  it('finds in a long text without reading it again for each place', () => {
    const startedAt = performance.now()
    expect([...new Pattern('a?').find('ab'.repeat(50_000), true)].length).toBe(50_000)
    expect([...new Pattern('b?c').find('ab'.repeat(50_000), true)]).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  it('reads groups that are not closed once', () => {
    const startedAt = performance.now()
    for (const end of ['', ')']) new Pattern('+('.repeat(5000) + end, { extended: true }).matches('x')
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})
