import { existsSync } from 'node:fs'
import { join } from 'node:path'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import files from '@fastify/static'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { ConfigProblem } from '../../config/problem.ts'
import { LabProblem } from '../../lab/lab-problem.ts'
import { QueryProblem } from '../../store/query/parse.ts'
import { StoreError } from '../../store/trouble.ts'
import { VERSION } from '../../version.ts'
import { AccountProblem } from '../accounts/accounts.ts'
import { guardAccess } from './access.ts'
import { NotFound } from './not-found.ts'
import { accountRoutes } from './routes/accounts.ts'
import { alertRoutes } from './routes/alerts.ts'
import { analysisRoutes } from './routes/analysis.ts'
import { artifactRoutes } from './routes/artifacts.ts'
import { campaignRoutes } from './routes/campaigns.ts'
import { datasetRoutes } from './routes/datasets.ts'
import { factRoutes } from './routes/facts.ts'
import { healthRoutes } from './routes/health.ts'
import { liveRoutes } from './routes/live.ts'
import { loginRoutes } from './routes/login.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { overviewRoutes } from './routes/overview.ts'
import { promptRoutes } from './routes/prompts.ts'
import { reviewRoutes } from './routes/review.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { sourceRoutes } from './routes/sources.ts'
import { taxiiRoutes } from './routes/taxii.ts'
import { wireRoutes } from './routes/wire.ts'
import type { Services } from './services.ts'

/** Where Vite puts the pages. */
const PAGES = join(import.meta.dirname, '../web/dist')

/** Scripts, styles and data from this console alone; nothing inline. asciinema's terminal is WebAssembly. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  workerSrc: ["'self'"],
  // Pictures of pages, which come with a policy of their own that allows nothing.
  frameSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
}

export type ConsoleApp = FastifyInstance

/** The plugin of one group of routes. */
export type Routes = (app: ReturnType<typeof typed>, services: Services) => void

/** The API below /api/v1 and the pages that use it, not listening yet. */
export async function createApp(services: Services): Promise<ConsoleApp> {
  // Warnings and worse: what an operator looks at is not worth a line.
  const log: FastifyBaseLogger = services.log.child({}, { level: 'warn' })
  const app = typed(Fastify({ loggerInstance: log, bodyLimit: 1024 * 1024 }))
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(explain)
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY },
    referrerPolicy: { policy: 'no-referrer' },
    // Said by whoever terminates TLS; over plain HTTP browsers ignore it.
    strictTransportSecurity: false,
  })
  await app.register(cookie)
  await app.register(rateLimit, { max: 1200, timeWindow: '1 minute' })
  await app.register(swagger, {
    openapi: { info: { title: 'Sundew', description: 'What the sensor recorded, and what analysis makes of it.', version: VERSION } },
    transform: jsonSchemaTransform,
  })
  await app.register(
    async (scope) => {
      const api = typed(scope)
      guardAccess(api, services)
      for (const routes of ROUTES) routes(api, services)
      api.get('/openapi.json', { config: { role: 'viewer' }, schema: { hide: true } }, () => app.swagger())
    },
    { prefix: '/api/v1' },
  )
  await servePages(app)
  return app
}

const ROUTES: readonly Routes[] = [
  loginRoutes,
  accountRoutes,
  overviewRoutes,
  sessionRoutes,
  wireRoutes,
  factRoutes,
  sourceRoutes,
  campaignRoutes,
  artifactRoutes,
  alertRoutes,
  analysisRoutes,
  healthRoutes,
  liveRoutes,
  reviewRoutes,
  promptRoutes,
  datasetRoutes,
  metricsRoutes,
  taxiiRoutes,
]

function typed(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>()
}

/** Every address that is no file of the pages is one of their views. */
async function servePages(app: FastifyInstance): Promise<void> {
  const isBuilt = existsSync(join(PAGES, 'index.html'))
  if (isBuilt) await app.register(files, { root: PAGES, cacheControl: false, setHeaders: setCaching })
  app.setNotFoundHandler((request, reply) => {
    if (request.url.startsWith('/api/')) return reply.code(404).send({ message: 'there is no such address' })
    if (!isBuilt) return reply.code(503).type('text/plain').send('The pages are not built yet: npm run prepare\n')
    if (request.url.startsWith('/assets/')) return reply.code(404).type('text/plain').send('not found\n')
    return reply.sendFile('index.html')
  })
}

/** Vite names files in assets/ by their content. */
function setCaching(reply: FastifyReply, path: string): void {
  reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
}

function explain(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation
    return reply.code(400).send({ message: `${first?.instancePath.slice(1) ?? ''} ${first?.message ?? error.message}`.trim() })
  }
  if (error instanceof QueryProblem) return reply.code(400).send({ message: error.message, at: error.at })
  if (error instanceof NotFound) return reply.code(404).send({ message: error.message })
  if (error instanceof AccountProblem || error instanceof LabProblem) return reply.code(409).send({ message: error.message })
  if (error instanceof ConfigProblem) return reply.code(422).send({ message: error.message })
  if (error instanceof StoreError) return reply.code(503).send({ message: error.message })
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status !== undefined && status < 500) return reply.code(status).send({ message: error.message })
  request.log.error({ error: error.message, stack: error.stack, url: request.url }, 'the console failed')
  return reply.code(500).send({ message: 'the console failed; its log says why' })
}
