import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apkFacts } from '../../src/host/commands/android/apk.ts'
import { toyboxWords } from '../../src/host/commands/android/toybox.ts'
import { apkOf } from '../fixtures/apk.ts'
import { makeHost } from './harness.ts'

const android = () => {
  const box = makeHost('android-tv')
  return {
    ...box,
    adb: async (command: string, user = 'shell', stdin?: Uint8Array) => {
      const process = box.host.spawn({ ...box.request(command, user), via: 'adbd' })
      if (stdin) process.stdin.write(stdin)
      process.stdin.end()
      const text = async (source: AsyncIterable<Uint8Array>) => {
        const parts: Uint8Array[] = []
        for await (const part of source) parts.push(part)
        return String(Buffer.concat(parts))
      }
      const [stdout, stderr, { code }] = await Promise.all([text(process.stdout), text(process.stderr), process.exited])
      return { stdout, stderr, code }
    },
  }
}

describe('Android host', () => {
  it('runs the shell of adb as uid 2000 with its groups, and su gives root', async () => {
    const { adb } = android()
    expect((await adb('id')).stdout).toMatch(/^uid=2000\(shell\) gid=2000\(shell\) groups=2000\(shell\),1004\(input\),.*3003\(inet\)/)
    expect((await adb("su -c 'id -u'; su 0 whoami; su root -c 'echo $USER_ID'")).stdout).toMatch(/^0\nroot\n/)
  })

  it("has mksh's and toybox's words for what goes wrong", async () => {
    const { adb } = android()
    const { stderr, code } = await adb(
      'nope; cd /nope; cat </nope; echo x >/nope/x; ls /nope; rm /nope; cp /nope x; mkdir /data; ls -!; ./nope',
    )
    expect(stderr.split('\n')).toEqual([
      '/system/bin/sh: nope: not found',
      '/system/bin/sh: cd: /nope: No such file or directory',
      "/system/bin/sh: can't open /nope: No such file or directory",
      "/system/bin/sh: can't create /nope/x: No such file or directory",
      'ls: /nope: No such file or directory',
      'rm: /nope: No such file or directory',
      "cp: bad '/nope': No such file or directory",
      "mkdir: '/data': File exists",
      'ls: Unknown option !',
      '/system/bin/sh: ./nope: not found',
      '',
    ])
    expect(code).toBe(127)
    expect((await adb('if true; then')).stderr).toBe("/system/bin/sh: syntax error: unmatched 'if'\n")
    expect((await adb('echo )')).stderr).toBe("/system/bin/sh: syntax error: unexpected ')'\n")
  })

  it('tells one device everywhere: properties, build.prop, kernel, processor', async () => {
    const { adb, persona } = android()
    const [model, file, machine, serial] = (
      await adb(
        'getprop ro.product.model; grep ro.product.model /system/build.prop; uname -m; getprop ro.serialno; grep Serial /proc/cpuinfo',
      )
    ).stdout.split('\n')
    expect(file).toBe(`ro.product.model=${model}`)
    expect(machine).toBe(persona.os.kernel.machine)
    expect((await adb('grep Serial /proc/cpuinfo')).stdout).toBe(`Serial\t\t: ${serial}\n`)
    expect((await adb('getprop | grep sys.boot_completed; setprop debug.x 1; getprop debug.x; setprop ro.secure 1')).stdout).toBe(
      '[sys.boot_completed]: [1]\n1\n',
    )
  })

  it('installs a package from standard input, lists, starts and removes it', async () => {
    const { adb, recorder } = android()
    const apk = apkOf('com.ufo.miner')
    expect((await adb('pm path com.ufo.miner')).code).toBe(1)
    expect((await adb(`cmd package 'install' '-t' -S ${apk.length}`, 'shell', apk)).stdout).toBe('Success\n')
    expect(recorder.captured.map(({ how, bytes }) => [how, bytes.equals(apk)])).toContainEqual(['adb.install', true])
    expect((await adb('pm list packages -3')).stdout).toBe('package:com.ufo.miner\n')
    expect((await adb('pm path com.ufo.miner')).stdout).toMatch(/^package:\/data\/app\/com\.ufo\.miner-[\w-]{22}==\/base\.apk\n$/)
    expect((await adb('am start -n com.ufo.miner/com.example.test.MainActivity')).stdout).toBe(
      'Starting: Intent { cmp=com.ufo.miner/com.example.test.MainActivity }\n',
    )
    expect((await adb('ps -A | grep -c com.ufo.miner')).stdout).toBe('1\n')
    expect((await adb('pm uninstall com.ufo.miner; pm list packages -3; ps -A | grep ufo')).stdout).toBe('Success\n')
  })

  it('fails to install what is no package, as installd says it', async () => {
    const { adb } = android()
    expect((await adb('cmd package install -S 4', 'shell', Buffer.from('nope'))).stdout).toMatch(/^Failure \[INSTALL_PARSE_FAILED_NOT_APK/)
    expect((await adb('am start -n com.none/.Main')).stderr).toContain('Error: Activity class {com.none/com.none.Main} does not exist.')
  })

  it('lists files with dates as toybox writes them', async () => {
    const { adb } = android()
    expect((await adb('cd /data/local/tmp; echo x >f; ls -l f')).stdout).toMatch(
      /^-rw-r--r-- 1 shell shell 2 \d{4}-\d\d-\d\d \d\d:\d\d f\n$/,
    )
  })
})

describe('APK', () => {
  it('gives package and version of its manifest', () => {
    expect(apkFacts(apkOf('com.example.app', 42))).toEqual({ package: 'com.example.app', versionCode: 42 })
  })

  it('throws nothing, whatever the bytes', () => {
    const whole = apkOf('com.example.app')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const broken = Buffer.from(whole)
        broken[at] = value
        apkFacts(broken)
        apkFacts(broken.subarray(0, at))
      }),
    )
    expect(apkFacts(deflateRawSync(whole))).toBeUndefined()
  })

  it('leaves words alone that toybox says alike', () => {
    expect(toyboxWords("cat: x: No such file or directory\nTry 'cat --help' for more information.\n")).toBe(
      'cat: x: No such file or directory\n',
    )
  })
})
