import { loadSettings } from '../../config/load.ts'
import { RunningFile } from '../../running-file.ts'
import { backUp, restore as restoreFrom } from '../../store/backup.ts'
import { UsageProblem } from '../cli.ts'
import { humanBytes } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import type { Verb } from '../verb.ts'

export const backup: Verb = {
  name: 'backup',
  summary: 'copy the whole data folder, while the sensor runs too',
  usage: 'FOLDER',
  examples: ['sundew backup /srv/backup/sundew-2026-11-24'],
  async run(given, output) {
    const [target] = given.words
    if (!target) throw new UsageProblem('say into which new FOLDER')
    const { settings } = loadSettings(given)
    let done = 0
    const progress = (path: string): void => {
      if (output.columns !== undefined && !given.json) output.raw(`\r${++done} files, ${path.slice(0, output.columns - 20)}\x1b[K`)
    }
    const manifest = await backUp(settings.data, target, progress)
    if (done) output.raw('\r\x1b[K')
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
    if (given.json) output.line(jsonLine({ folder: target, files: manifest.files.length, bytes }))
    else output.line(`${manifest.files.length} files, ${humanBytes(bytes)}, in ${target}; keep it as secret as the data folder`)
    return 0
  },
}

export const restore: Verb = {
  name: 'restore',
  summary: 'make the data folder of a backup, with what was recorded since; what was there is kept beside it',
  usage: 'FOLDER',
  examples: ['sundew restore /srv/backup/sundew-2026-11-24'],
  async run(given, output) {
    const [source] = given.words
    if (!source) throw new UsageProblem('say of which FOLDER')
    const { settings } = loadSettings(given)
    const running = RunningFile.read(settings.data)
    if (running) throw new UsageProblem(`a sensor (pid ${running.pid}) works on ${settings.data}: stop it first`)
    const { manifest, keptAs, since } = await restoreFrom(source, settings.data)
    if (given.json) output.line(jsonLine({ folder: settings.data, files: manifest.files.length, keptAs: keptAs ?? null, since }))
    else
      output.line(
        `${settings.data} is as on ${new Date(manifest.createdAt).toISOString()}${keptAs ? `; what was there is in ${keptAs}` : ''}${since ? `; the next start adds what was recorded since` : ''}`,
      )
    return 0
  },
}
