import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { guard, type Verdict } from '../../src/llm/guard/guard.ts'
import type { GuardContext } from '../../src/llm/guard/rule.ts'
import { ordersOf, RULES } from '../../src/llm/prompt.ts'
import { persona, ShellAnswer, WebAnswer } from './setup.ts'

const CANARY = 'qwxzkfjvbpmtrl'
const { prompts } = persona()

function context(kind: 'shell' | 'web', input: string, cut = false): GuardContext {
  const instructions = kind === 'shell' ? prompts.shell : prompts.web
  return {
    kind,
    input,
    known: instructions,
    orders: ordersOf(instructions),
    canary: CANARY,
    cut: cut ? (kind === 'shell' ? 'stdout' : 'body') : undefined,
  }
}

function shell(stdout: string, input = 'systemctl status nginx', { cut = false } = {}): Verdict<ShellAnswer> {
  return guard({ stdout, stderr: '', exitCode: 0, operations: [] }, ShellAnswer, context('shell', input, cut))
}

function web(body: string, headers: Record<string, string> = { 'Content-Type': 'text/html' }, { cut = false } = {}): Verdict<WebAnswer> {
  const list = Object.entries(headers).map(([name, value]) => ({ name, value }))
  return guard({ status: 200, headers: list, body }, WebAnswer, context('web', 'GET /portal/', cut))
}

function stdoutOf(verdict: Verdict<ShellAnswer>): string | undefined {
  return verdict.ok ? verdict.value.stdout : undefined
}

describe('the guard lets pass', () => {
  const good = JSON.parse(readFileSync(new URL('good-outputs.json', import.meta.url), 'utf8')) as {
    kind: 'shell' | 'web'
    input: string
    text: string
  }[]

  it('what real programs and servers wrote, but for one in two hundred at most, and changes none of it', () => {
    const rejected = good.filter(({ kind, input, text }) => {
      const verdict =
        kind === 'shell' ? shell(text, input) : web(text, /^[{[]/.test(text) ? { 'Content-Type': 'application/json' } : undefined)
      if (!verdict.ok) return true
      const seen = 'stdout' in verdict.value ? verdict.value.stdout : verdict.value.body
      return seen !== text
    })
    expect(good.length).toBeGreaterThanOrEqual(500)
    expect(rejected.map((g) => g.input)).toHaveLength(0)
  })

  it('names of models where the attacker or the host spoke of them', () => {
    expect(shell('openai 1.35.3\n', 'pip list | grep openai').ok).toBe(true)
    expect(shell('openai 1.35.3\n', 'pip list').ok).toBe(false)
    expect(shell("I'm ChatGPT.\n", 'are you chatgpt').ok).toBe(false)
  })
})

describe('the guard repairs', () => {
  it('a fence around the output, and one after an opening', () => {
    expect(stdoutOf(shell('```bash\nactive\n```'))).toBe('active\n')
    expect(stdoutOf(shell('Here is the output:\n```\nactive\n```\nLet me know!'))).toBe('active\n')
    expect(web('```html\n<p>x</p>\n```')).toMatchObject({ value: { body: '<p>x</p>\n' }, fired: ['markdown-fence'] })
  })

  it('the typed command before the output and the next prompt behind it', () => {
    expect(stdoutOf(shell('root@web01:~# systemctl status nginx\nactive\nroot@web01:~# '))).toBe('active\n')
    expect(stdoutOf(shell('$ systemctl status nginx\nactive\n'))).toBe('active\n')
    expect(stdoutOf(shell('active\nroot@web01:/etc# cat shadow\nroot:$6$…\n'))).toBe('active\n')
    expect(stdoutOf(shell('[root@db ~]# '))).toBe('')
    expect(shell('systemctl status nginx').ok).toBe(false)
  })

  it('what would take over a terminal, and keeps colours', () => {
    const abuse = '\x1b]0;owned\x07a\x1b[31mred\x1b[0m\x1b]52;c;Y3VybA==\x07\x1b[6n\x1bP+q544e\x1b\\\x1b[?1049h\x9b31m\x00\x1bc\x1b(0b\n'
    expect(stdoutOf(shell(abuse))).toBe('a\x1b[31mred\x1b[0m31mb\n')
  })

  it('an answer that the token cap cut: whole lines, a closed page; not half a JSON', () => {
    expect(stdoutOf(shell('one\ntwo\nthr', 'x', { cut: true }))).toBe('one\ntwo\n')
    expect(shell('thr', 'x', { cut: true }).ok).toBe(false)
    expect(web('<html><body><p>one</p><p cla', undefined, { cut: true })).toMatchObject({
      value: { body: '<html><body><p>one</p>\n</body>\n</html>\n' },
    })
    expect(web('{"a": [1, 2', undefined, { cut: true }).ok).toBe(false)
  })

  it('a loop at the end of a longer output, and rejects one that is all', () => {
    const loop = 'Jan 1 cron[1]: session opened for user root\n'.repeat(40)
    const head = Array.from({ length: 40 }, (_, i) => `Jan 1 12:00:${i} nginx[${i * 7}]: worker process ${i} started\n`).join('')
    expect(stdoutOf(shell(head + loop, 'x', { cut: true }))?.length).toBeLessThan(head.length + 100)
    expect(shell(loop, 'x', { cut: true }).ok).toBe(false)
    expect(stdoutOf(shell('y\n'.repeat(400), 'yes'))).toBe('y\n'.repeat(400))
  })

  it('output without an end', () => {
    expect(stdoutOf(shell('a line\n'.repeat(20_000)))?.length).toBeLessThanOrEqual(64 * 1024)
  })

  it.each([
    ['<!doctype html><p>', { 'Content-Type': 'application/json' }, 'text/html'],
    ['{"a":1}', { 'Content-Type': 'text/html; charset=UTF-8' }, 'application/json'],
    ['<?xml version="1.0"?><a/>', { 'Content-Type': 'application/json' }, 'application/xml'],
    ['plain words', { 'Content-Type': 'application/json' }, 'text/plain'],
    ['<html></html>', {}, 'text/html'],
  ])('a content type that contradicts the body %j', (body, headers, type) => {
    expect(web(body, headers)).toMatchObject({ ok: true, value: { headers: [{ name: 'Content-Type', value: type }] } })
  })

  it('headers that are the server’s own, invented, or could split the response', () => {
    const verdict = web('<p>', {
      'Content-Type': 'text/html',
      'Content-Encoding': 'gzip',
      Date: 'x',
      'X-A\r\nSet-Cookie': 'a',
      'X-B': 'a\r\nSet-Cookie: b',
      'X-C': 'c',
    })
    expect(verdict).toMatchObject({ ok: true, value: { headers: [{ name: 'Content-Type' }, { name: 'X-C', value: 'c' }] } })
  })
})

describe('the guard repairs what very small models do:', () => {
  it('items over and over, one text on both streams, a last line without its end', () => {
    const mkdir = { type: 'mkdir' as const, path: '/srv/x' }
    const answer = { stdout: 'active', stderr: 'active', exitCode: 0, operations: [mkdir, mkdir, { ...mkdir }] }
    expect(guard(answer, ShellAnswer, context('shell', 'x'))).toMatchObject({
      ok: true,
      value: { stdout: 'active\n', stderr: '', operations: [mkdir] },
      fired: ['last-newline', 'twin-streams', 'repetition'],
    })
  })
})

describe('the guard rejects', () => {
  it('names of the schema and other fillers in place of output', () => {
    for (const text of ['stdout', 'string', '1234567890\n', 'true', 'null']) expect(shell(text).ok, text).toBe(false)
  })

  it('the rules and the persona’s orders in any six words, and lets the persona’s facts pass', () => {
    expect(shell(RULES.slice(40, 160)).ok).toBe(false)
    expect(shell('Never contradict an earlier answer. Use only users, files, processes and numbers that the state shows\n').ok).toBe(false)
    expect(shell('nginx 1.22.1, php8.2-fpm, redis 7.0.15, postfix 3.7.11, fail2ban, OpenSSH 9.2p1\n').ok).toBe(true)
  })

  it('a refusal that the token cap cut before it said of what', () => {
    for (const text of ['I’m sorry, but I', 'I am unable']) {
      expect(shell(`${text}\n`).ok, text).toBe(false)
      expect(web(`<html><body>\n<p>${text}</p></body></html>`).ok, text).toBe(false)
    }
    expect(web('<p>Your order is late. We are sorry for the delay.</p>').ok).toBe(true)
  })

  it('what has a mark of the prompt, and lets a form and the usage of a program pass', () => {
    expect(web('<p>{"type": "text/html"}\n<input>').ok).toBe(false)
    expect(web('<form><input name="q"></form>').ok).toBe(true)
    expect(shell('USAGE: llvm-opt-report [options] <input>\n').ok).toBe(true)
    expect(shell('editor is /usr/bin/nano\n</input>\n').ok).toBe(false)
    expect(shell('as you asked"</input> and more\n').ok).toBe(false)
    expect(shell('  <state>\nnobody\n').ok).toBe(false)
    expect(shell('<form>\n <input name="q"></input>\n</form>\n').ok).toBe(true)
  })

  it('a body that begins as JSON and is none', () => {
    expect(web('{', {}).ok).toBe(false)
    expect(web('[1, 2', { 'Content-Type': 'application/json' }).ok).toBe(false)
    expect(web('[Tue Nov 24 03:38:53 2026] [error] x\n', { 'Content-Type': 'text/plain' }).ok).toBe(true)
  })

  it('a leak in texts that are applied to the host, not only in output', () => {
    const operations = [{ type: 'write_file' as const, path: '/tmp/x', content: `ref ${CANARY}` }]
    expect(guard({ stdout: '', stderr: '', exitCode: 0, operations }, ShellAnswer, context('shell', 'x')).ok).toBe(false)
  })
})
