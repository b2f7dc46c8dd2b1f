import { resolve } from 'node:path'
import type { Settings } from '../config/schema.ts'

/** Folders that outputs write besides the data folder: the sensor is confined to these. */
export function outputFolders({ data, outputs }: Settings): string[] {
  const folders = outputs.flatMap((one) => (one.kind === 'tpot' && one.enabled ? [resolve(data, one.folder)] : []))
  return folders.filter((folder) => !folder.startsWith(`${data}/`))
}

/** Files of certificates that outputs read. */
export function certificates({ outputs }: Settings): string[] {
  return outputs.flatMap((one) =>
    ('tls' in one && one.tls ? [one.tls.ca, one.tls.cert, one.tls.key] : []).filter((path) => path !== undefined),
  )
}
