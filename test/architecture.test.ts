import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Code that runs in the sensor; the console's pages run in the operator's browser. */
const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((f) => /\.tsx?$/.test(f) && !f.startsWith('console/web/'))
  .map((f) => ({ path: join('src', f), text: readFileSync(join('src', f), 'utf8') }))

/** Files whose code (comments left out) matches. */
function using(pattern: RegExp): string[] {
  return files.filter(({ text }) => pattern.test(text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))).map(({ path }) => path)
}

describe('the sensor', () => {
  /** Servers of the operator's own choice: models, what is asked of others about a captured file, and outputs. */
  const MAY_CONNECT = [
    'src/llm/backends/',
    'src/analysis/virus-total.ts',
    'src/fingerprint.ts',
    'src/outputs/egress.ts',
    'src/hive/probe.ts',
    // A process of its own, of which the sensor loads nothing.
    'src/broker/',
  ]
  const ofTheSensor = (path: string): boolean => !path.startsWith('src/broker/')

  it('opens connections to model servers, look-ups and outputs only', () => {
    expect(
      using(/\b(createConnection|net\.connect|tls\.connect|tlsConnect|connectTls|https?\.(request|get)\(|(?<![.#\w])fetch\()/).filter(
        (p) => !MAY_CONNECT.some((allowed) => p.startsWith(allowed)),
      ),
    ).toEqual([])
    expect(using(/import \{[^}]*\b(request|get)\b[^}]*\} from 'node:https?'/).filter(ofTheSensor)).toEqual(['src/outputs/egress.ts'])
    expect(using(/from '(ollama|openai|undici)'/).filter((p) => !p.startsWith('src/llm/backends/'))).toEqual([])
    // Clients that connect by themselves.
    expect(using(/from '(@nats-io\/|@platformatic\/kafka|nodemailer)/).filter((p) => !/^src\/(outputs|hive)\//.test(p))).toEqual([])
  })

  it('resolves no names', () => {
    expect(using(/from 'node:dns|from 'dns/).filter(ofTheSensor)).toEqual([])
  })

  it('loads nothing of the broker, which only its own verb does', () => {
    expect(using(/['"](\.\.?\/)+broker\//).filter(ofTheSensor)).toEqual(['src/cli/verbs/broker.ts'])
    expect(using(/['"][^'"]*verbs\/broker\.ts['"]/)).toEqual(['src/cli/verbs.ts'])
  })

  it('starts no processes and no workers, and evaluates no text as code', () => {
    expect(using(/from '(node:)?(child_process|worker_threads|cluster|vm|inspector)|(?<![.#\w])eval\(|new Function\(/)).toEqual([])
  })
})

describe('the broker', () => {
  it('has no way to files, and unpacks nothing', () => {
    expect(
      using(/from 'node:(fs|zlib)|from 'fs|createWriteStream|getBuiltinModule|DecompressionStream/).filter((path) =>
        path.startsWith('src/broker/'),
      ),
    ).toEqual([])
  })
})
