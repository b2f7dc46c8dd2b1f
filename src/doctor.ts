import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { humanBytes } from './cli/duration.ts'
import { Identity } from './config/identity.ts'
import { loadPersona } from './config/personas.ts'
import type { Settings } from './config/schema.ts'
import type { Plan } from './instance.ts'
import { diagnose, type Finding, type PromptSize, promptSizeOf } from './llm/diagnose.ts'
import { RunningFile } from './running-file.ts'
import { openReader } from './store/open.ts'

/** Below this the store would soon have to spool. */
const LOW_DISK_BYTES = 1024 ** 3

export const CHECKS = ['llm', 'store', 'ports', 'disk', 'clock'] as const
export type CheckName = (typeof CHECKS)[number]

/** Looks at one part of an installation as an operator would. The plan is made when a check needs it: it may be what is wrong. */
export async function check(part: CheckName, settings: Settings, plan: () => Plan): Promise<Finding[]> {
  switch (part) {
    case 'llm':
      return diagnose(settings.llm, { prompts: promptSizes(plan()) })
    case 'store':
      return checkStore(settings)
    case 'ports':
      return checkPorts(plan())
    case 'disk':
      return checkDisk(settings)
    case 'clock':
      return checkClock(settings)
  }
}

/** Of every persona that the plan plays: a prompt that does not fit the model's context is cut without a word. */
function promptSizes({ settings, uses }: Plan): PromptSize[] {
  const identity = new Identity(Buffer.alloc(32))
  return [...new Set(uses.map((use) => use.persona))].map((name) => promptSizeOf(loadPersona(settings.prompts, name, identity)))
}

async function checkStore(settings: Settings): Promise<Finding[]> {
  const { data } = settings
  const running = RunningFile.read(data)
  if (running?.store.trouble) return [{ ok: false, ...running.store.trouble }]
  const store = openReader(settings)
  if (!store) return [{ ok: true, what: `nothing recorded in ${data} yet`, cure: '' }]
  const counts = await store.counts()
  await store.close()
  return [
    { ok: true, what: `${counts.events} events in ${counts.sessions} sessions`, cure: '' },
    ...(counts.deadLetters
      ? [
          {
            ok: false,
            what: `${counts.deadLetters} dead letters: events that fit no schema`,
            cure: 'report them: they are kept whole in the store',
          },
        ]
      : []),
  ]
}

async function checkPorts({ settings, ports }: Plan): Promise<Finding[]> {
  const running = RunningFile.read(settings.data)
  if (running) {
    const closed = running.closed.map(({ what, cure }) => ({ ok: false, what, cure }))
    return [{ ok: true, what: `process ${running.pid} listens on ${running.ports.length} ports`, cure: '' }, ...closed]
  }
  const findings: Finding[] = []
  const tcp = ports.filter((p) => p.transport === 'tcp')
  for (const { lure, host, port } of tcp) {
    const trouble = await tryPort(host, port)
    if (trouble)
      findings.push({
        ok: false,
        what: `lure ${lure} cannot open ${host}:${port} (${trouble})`,
        cure: `stop what listens there, or set ports: [N] for ${lure}`,
      })
  }
  return findings.length ? findings : [{ ok: true, what: `all ${tcp.length} TCP ports of the plan are free`, cure: '' }]
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}

function checkDisk({ data }: Settings): Finding[] {
  const folder = existsSync(data) ? data : dirname(data)
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    accessSync(data, constants.W_OK)
  } catch (error) {
    return [
      {
        ok: false,
        what: `the data folder ${data} cannot be written: ${(error as Error).message}`,
        cure: 'give it to the user that runs Sundew, or choose another with --data',
      },
    ]
  }
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const what = `${humanBytes(free)} free for ${data}`
  return [free < LOW_DISK_BYTES ? { ok: false, what, cure: 'make room, or lower store.retainGiB' } : { ok: true, what, cure: '' }]
}

function checkClock({ data }: Settings): Finding[] {
  const running = RunningFile.read(data)
  const ahead = running ? running.updatedAt - Date.now() : 0
  if (ahead > 5_000)
    return [
      {
        ok: false,
        what: `the clock went back by ${Math.round(ahead / 1000)} s since the last heartbeat`,
        cure: 'let NTP hold the clock (timedatectl set-ntp true)',
      },
    ]
  if (new Date().getUTCFullYear() < 2025)
    return [{ ok: false, what: `the clock says ${new Date().toISOString()}`, cure: 'set it; events carry this time' }]
  return [{ ok: true, what: `the clock says ${new Date().toISOString()}`, cure: '' }]
}
