import { z } from 'zod'

const TIMEOUT_MS = 15_000

export interface VirusTotalAccess {
  url: string
  key: string
}

export type Verdict = { known: false } | { known: true; malicious: number; engines: number; label: string | undefined; page: string }

/** The part of `GET /files/{hash}` of its API v3 that is shown. */
const Report = z.object({
  data: z.object({
    attributes: z.object({
      last_analysis_stats: z.record(z.string(), z.number()),
      popular_threat_classification: z.object({ suggested_threat_label: z.string().optional() }).optional(),
    }),
  }),
})

/**
 * What VirusTotal knows of a hash. Only the hash leaves, never the file: who attacked might watch for it.
 * @throws Error with words for the operator
 */
export async function virusTotal(sha256: string, { url, key }: VirusTotalAccess): Promise<Verdict> {
  const response = await fetch(`${url}/files/${sha256}`, {
    headers: { 'x-apikey': key },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
  })
  if (response.status === 404) return { known: false }
  if (response.status === 401 || response.status === 403) throw new Error('VirusTotal does not take the key')
  if (response.status === 429) throw new Error('VirusTotal says that the quota of this key is used up')
  if (!response.ok) throw new Error(`VirusTotal answered with ${response.status}`)
  const { attributes } = Report.parse(await response.json()).data
  const stats = attributes.last_analysis_stats
  return {
    known: true,
    malicious: stats.malicious ?? 0,
    engines: Object.values(stats).reduce((sum, n) => sum + n, 0),
    label: attributes.popular_threat_classification?.suggested_threat_label,
    page: `https://www.virustotal.com/gui/file/${sha256}`,
  }
}
