import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { permissionFlags } from '../../src/cli/permissions.ts'
import { loadSettings } from '../../src/config/load.ts'

/** What code within the sensor could try, and whether Node lets it. THREAT_MODEL.md tells the same in words. */
const MAY: readonly (readonly [what: string, code: string, may: boolean])[] = [
  ['read its code', "fs.readFileSync('package.json')", true],
  ['read a file of the machine', "fs.readFileSync('/etc/passwd')", false],
  ['read its own environment as a file', "fs.readFileSync('/proc/self/environ')", false],
  ['write its data folder', "fs.writeFileSync(data + '/x', '')", true],
  ['write its code', "fs.writeFileSync('src/x', '')", false],
  ['write elsewhere', "fs.writeFileSync(outside + '/x', '')", false],
  ['reach a file by a link that it makes', "(fs.symlinkSync('/etc/passwd', data + '/l'), fs.readFileSync(data + '/l'))", false],
  ['start a process', "require('node:child_process').execFileSync('/bin/true')", false],
  ['become another program', "process.execve('/bin/true', ['true'], {})", false],
  ['start a worker', "new (require('node:worker_threads').Worker)('', { eval: true })", false],
  ['load a native add-on', "process.dlopen({ exports: {} }, 'package.json')", false],
  ['take what Node is built on', "process.binding('spawn_sync')", false],
  ['run WASI', "new (require('node:wasi').WASI)({ version: 'preview1' })", false],
  ['open the inspector', "require('node:inspector').open(0)", false],
  ['write a report elsewhere', "process.report.writeReport(outside + '/r.json')", false],
  ['load an extension of SQLite', "new sqlite(data + '/a.db', { allowExtension: true }).loadExtension('/x.so')", false],
  ['connect', "require('node:net').connect(9, '127.0.0.1').on('error', () => {})", true],
  // Node does not ask its permission model about SQLite.
  ['make a SQLite file elsewhere', "new sqlite(outside + '/a.db').exec('CREATE TABLE a (x)')", true],
]

it('the permission model of a started sensor holds what THREAT_MODEL.md says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-permission-'))
  const [data = '', outside = ''] = ['data', 'outside'].map((name) => join(folder, name))
  for (const path of [data, outside]) mkdirSync(path)
  const script = `
    const fs = require('node:fs'), sqlite = require('node:sqlite').DatabaseSync, data = ${JSON.stringify(data)}, outside = ${JSON.stringify(outside)}
    const tried = {}
    const may = (what, code) => { try { code(); tried[what] = true } catch { tried[what] = false } }
    ${MAY.map(([what, code]) => `may(${JSON.stringify(what)}, () => ${code})`).join('\n')}
    console.log(JSON.stringify(tried))`
  const flags = permissionFlags(loadSettings({ data, env: {} }))
  const said = execFileSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  expect(JSON.parse(said)).toEqual(Object.fromEntries(MAY.map(([what, , may]) => [what, may])))
})
