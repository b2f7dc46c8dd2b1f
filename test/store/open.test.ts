import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { Settings } from '../../src/config/schema.ts'
import { openReading, openStores } from '../../src/store/open.ts'
import { sampleEvent } from './sample-events.ts'
import { tempFolder } from './temp-folder.ts'

it('opens all that a sensor keeps in its data folder, and closes it durable', async () => {
  const data = join(tempFolder(), 'data')
  const settings = Settings.parse({ data, limits: { artifactBytes: 4 } })
  const stores = openStores(settings, pino({ level: 'silent' }))
  const event = sampleEvent()
  stores.events.append(event)
  stores.state.set('worlds', 'k', 'v')
  expect(stores.artifacts.put(Buffer.from('12345')).truncated).toBe(true)
  await stores.close()
  const reading = openReading(data)
  expect(await reading?.events({})).toEqual([event])
  reading?.close()
  const again = openStores(settings, pino({ level: 'silent' }))
  expect(again.state.get('worlds', 'k')?.toString()).toBe('v')
  expect(again.artifacts.list()).toHaveLength(1)
  await again.close()
})

it('is loud about trouble: what it is, its cure, and its end', async () => {
  const data = tempFolder()
  mkdirSync(join(data, 'state.db'))
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const stores = openStores(Settings.parse({ data }), log)
  await stores.close()
  expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ level: 50, store: 'state', what: expect.any(String), cure: expect.any(String) })
})

it('needs no more of the file system than its own code and the data folder', () => {
  const data = tempFolder()
  const project = join(import.meta.dirname, '../..')
  const script = join(data, 'script.ts')
  writeFileSync(
    script,
    `import { openSqliteStore } from '${project}/src/store/sqlite/store.ts'
     import { openStateStore } from '${project}/src/store/state.ts'
     import { openArtifactStore } from '${project}/src/store/artifacts.ts'
     const artifacts = openArtifactStore('${data}/artifacts')
     const store = openSqliteStore('${data}', { artifacts })
     const state = openStateStore('${data}')
     artifacts.put(Buffer.from('x'))
     store.append({ id: '0198d0a1-0000-7000-8000-000000000000', time: 1, sensor: 's', type: 't', data: {} })
     state.set('a', 'b', 'c')
     await store.flush()
     await store.retain({ days: 1, bytes: 1 })
     console.log(JSON.stringify([store.health().trouble, state.trouble, artifacts.trouble]))
     await store.close()
     state.close()`,
  )
  const flags = ['--permission', `--allow-fs-read=${project}`, `--allow-fs-read=${data}`, `--allow-fs-write=${data}`]
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, script], { encoding: 'utf8' })
  expect(stderr.replace(/^.*(Warning|--trace-warnings).*$/gm, '').trim()).toBe('')
  expect(stdout.trim()).toBe('[null,null,null]')
})
