import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { loadSettings } from '../src/config/load.ts'
import { planOf } from '../src/instance.ts'

interface Service {
  image: string
  user?: string
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  environment?: Record<string, string>
  command?: string[]
  volumes?: string[]
  ports?: string[]
  networks: string[]
}
const compose = parse(readFileSync('compose.yaml', 'utf8')) as {
  services: Record<string, Service>
  networks: Record<string, { internal?: boolean }>
}

describe('the Dockerfile', () => {
  const stages = readFileSync('Dockerfile', 'utf8')
    .split(/^FROM /m)
    .slice(1)
  const copied = (stage = ''): string[] =>
    [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' ').map((source) => source.replace('./', '')),
    )

  it('copies what there is, and what is not left out', () => {
    const left = readFileSync('.dockerignore', 'utf8').split('\n')
    expect(stages.flatMap(copied).filter((source) => !existsSync(source) || left.includes(source))).toEqual([])
  })

  it('builds the pages with every configuration that theirs stands on', () => {
    const folder = 'src/console/web'
    const { extends: base } = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8')) as { extends: string }
    expect(copied(stages[0])).toEqual(expect.arrayContaining(['bin', 'src', join(folder, base)]))
  })

  it('has in the image all that a process reads: code, prompts, traps and settings', () => {
    expect(copied(stages[1])).toEqual(expect.arrayContaining(['bin', 'src', 'prompts', 'traps', 'sundew.yaml', 'package.json']))
  })
})

describe('compose.yaml', () => {
  const ours = Object.entries(compose.services).filter(([, { image }]) => image === 'sundew:latest')

  it('gives our processes no right of the host', () => {
    expect(ours.map(([name]) => name)).toEqual(['sundew', 'hive', 'hive-console', 'broker'])
    for (const [, { user, read_only, cap_drop, security_opt }] of ours) {
      expect({ user, read_only, cap_drop, security_opt }).toEqual({
        user: '2000:2000',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      })
    }
  })

  it('publishes ports that the profile plays', () => {
    const { ports = [], environment = {} } = compose.services.sundew!
    const [, profile] = /:-(\w+)\}/.exec(environment.SUNDEW_PROFILE ?? '') ?? []
    const played = planOf(loadSettings({ env: { SUNDEW_PROFILE: profile } })).ports.map(({ port, transport }) => `${port}/${transport}`)
    const published = ports.filter((port) => !port.startsWith('127.')).map((port) => port.split(':')[1]!)
    expect(published.filter((port) => !played.includes(port.includes('/') ? port : `${port}/tcp`))).toEqual([])
    expect(published.length).toBeGreaterThan(3)
  })

  it('keeps the model server without a way out, and lets a job that attackers cannot reach bring the model', () => {
    const { ollama, 'ollama-pull': pull } = compose.services
    expect(ollama?.networks.map((name) => compose.networks[name]?.internal)).toEqual([true])
    expect(pull?.networks.filter((name) => compose.services.sundew?.networks.includes(name))).toEqual([])
    expect(pull?.networks.some((name) => !compose.networks[name]?.internal)).toBe(true)
    // The server is what downloads, so the job has one of its own, on the same models.
    expect(pull?.volumes).toEqual(ollama?.volumes)
    expect(pull?.command?.join(' ')).toContain('ollama serve')
  })
})

describe('the Kubernetes manifest', () => {
  interface Container {
    securityContext: { allowPrivilegeEscalation: boolean; capabilities: { drop: string[] } }
  }
  interface Pod {
    securityContext: { runAsNonRoot: boolean; seccompProfile: { type: string } }
    automountServiceAccountToken: boolean
    containers: Container[]
    volumes?: { persistentVolumeClaim?: { claimName: string } }[]
  }
  const documents = parseAllDocuments(readFileSync('deploy/kubernetes.yaml', 'utf8')).map(
    (document) =>
      document.toJS() as { kind: string; metadata: { name: string }; data?: Record<string, string>; spec?: { template?: { spec: Pod } } },
  )
  const pods = documents.flatMap(({ spec }) => spec?.template?.spec ?? [])

  it('meets the restricted standard for pods that its namespace demands', () => {
    expect(pods).toHaveLength(3)
    for (const { securityContext, automountServiceAccountToken, containers } of pods) {
      expect([securityContext.runAsNonRoot, securityContext.seccompProfile.type, automountServiceAccountToken]).toEqual([
        true,
        'RuntimeDefault',
        false,
      ])
      for (const { securityContext: own } of containers)
        expect([own.allowPrivilegeEscalation, own.capabilities.drop]).toEqual([false, ['ALL']])
    }
  })

  it('claims what it mounts, and has settings that are valid', () => {
    const claims = documents.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name)
    expect(pods.flatMap(({ volumes = [] }) => volumes.flatMap((one) => one.persistentVolumeClaim?.claimName ?? []))).toEqual(claims)
    const settings = parse(documents.find(({ kind }) => kind === 'ConfigMap')?.data?.['sundew.yaml'] ?? '') as {
      listen: { offset: number }
    }
    expect(settings.listen.offset).toBe(10_000)
  })
})
