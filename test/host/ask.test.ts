import { describe, expect, it } from 'vitest'
import type { ShellAnswer } from '../../src/host/ask.ts'
import type { Engine, Question } from '../../src/llm/question.ts'
import { makeHost, noModel } from './harness.ts'

/** An engine that gives one answer and keeps the questions. */
function answering(answer: Partial<ShellAnswer>) {
  const questions: Question<ShellAnswer>[] = []
  const engine: Engine = {
    ...noModel,
    async ask<A>(question: Question<A>) {
      questions.push(question as unknown as Question<ShellAnswer>)
      const value = question.schema.parse({ stdout: '', stderr: '', exitCode: 0, operations: [], ...answer })
      return { value, source: 'llm' as const, generation: { model: 'test' } }
    },
  }
  return { engine, questions }
}

describe('a program in $PATH without an implementation', () => {
  it('is asked from the engine with who, where and what lies there, and its answer is recorded as such', async () => {
    const { engine, questions } = answering({ stdout: 'qshape: ok\n', exitCode: 3 })
    const test = makeHost('debian-web', { engine })
    const answer = await test.run('cd /etc/nginx; qshape -T nginx.conf')
    expect(answer).toEqual({ stdout: 'qshape: ok\n', stderr: '', exitCode: 3 })
    expect(questions[0]).toMatchObject({ kind: 'shell', input: 'qshape -T nginx.conf', key: 'qshape -T nginx.conf', share: 'persona' })
    expect(questions[0]?.state).toMatch(
      /user: root .*\ndirectory: \/etc\/nginx\n.*\nfiles here: .*sites-enabled.*\nnginx\.conf: file of \d+ bytes:/s,
    )
    expect(questions[0]?.instructions).not.toContain('{{')
    expect(test.recorder.of('turn')[0]).toMatchObject({ source: 'llm', generation: { model: 'test' }, exitCode: 3 })
  })

  it('makes true what it says it did, with its own rights', async () => {
    const operations: ShellAnswer['operations'] = [
      { op: 'write_file', path: '/tmp/made', content: 'by qshape\n', mode: '0600' },
      { op: 'append_file', path: '/tmp/made', content: 'more\n' },
      { op: 'mkdir', path: '/tmp/dir' },
      { op: 'start_process', command: '/usr/bin/worker --daemon' },
      { op: 'add_user', name: 'fresh' },
    ]
    const { engine } = answering({ operations })
    const test = makeHost('debian-web', { engine })
    await test.run('qshape')
    expect((await test.run('cat /tmp/made; stat -c %a /tmp/made; ls -d /tmp/dir; grep -c ^fresh: /etc/passwd')).stdout).toBe(
      'by qshape\nmore\n600\n/tmp/dir\n1\n',
    )
    const asUser = makeHost('debian-web', {
      engine: answering({ operations: [{ op: 'write_file', path: '/etc/passwd', content: '' }] }).engine,
    })
    await asUser.run('git', { user: 'maris' })
    expect((await asUser.run('wc -c < /etc/passwd')).stdout).not.toBe('0\n')
  })

  it('does not share an answer that depends on what this source has changed', async () => {
    const { engine, questions } = answering({})
    const test = makeHost('debian-web', { engine })
    await test.run('echo x > /tmp/own; qshape -c /tmp/own; echo piped | qshape')
    expect(questions.map((q) => q.share)).toEqual(['source', 'source'])
    expect(questions[1]?.input).toBe('qshape\nStandard input:\npiped\n')
  })

  it('without a model gives a version from its package, or the missing file, each in its own manner', async () => {
    const test = makeHost()
    expect((await test.run('qshape --version')).stdout).toMatch(/3\.7\.11/)
    const { stderr, exitCode } = await test.run('qshape /nope.pem')
    expect(stderr).toMatch(/^qshape: .*\/nope\.pem.*No such file or directory\n$/)
    expect(exitCode).not.toBe(0)
    expect(test.recorder.of('turn')[0]).toMatchObject({ source: 'fallback' })
  })
})

describe('a program that is not there', () => {
  it('is not asked for', async () => {
    const { engine, questions } = answering({ stdout: 'never' })
    expect((await makeHost('debian-web', { engine }).run('nosuchprogram_q')).stderr).toBe(
      'bash: line 1: nosuchprogram_q: command not found\n',
    )
    expect(questions).toEqual([])
  })
})
