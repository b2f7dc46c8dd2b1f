import { z } from 'zod'
import builds from './facts/builds.json' with { type: 'json' }

/** Builds whose marks are published, and which every hole played here was open in. */
export const BUILDS = ['13.0-47.22', '13.0-41.28', '12.1-55.13'] as const
export type BuildName = (typeof BUILDS)[number]

const Facts = z.object({
  /** Unix time of the build, seconds: MTIME of rdx_en.json.gz (Fox-IT's method). */
  stamp: z.number(),
  /** The `v=` of scripts and style sheets. */
  hash: z.string(),
})

/** A build of NetScaler, with all that tells it apart; every page takes its version from here. */
export interface Build extends z.infer<typeof Facts> {
  /** `13.0` */
  release: string
  /** `47.22` */
  number: string
  /** `13.0.47.22` */
  dotted: string
  /** UTC milliseconds. */
  at: number
}

export function buildOf(name: BuildName): Build {
  const facts = Facts.parse(builds[name])
  const [release = '', number = ''] = name.split('-')
  return { ...facts, release, number, dotted: `${release}.${number}`, at: facts.stamp * 1000 }
}
