import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import { digestResponse, hashcatLine, parseDigest } from '../../sensor/digest.ts'
import { LoginDesk } from '../../sensor/login-desk.ts'
import type { HeaderLine } from '../headers.ts'
import { pageFacts, type WebRequest } from '../request.ts'
import { redirect, type WebResponse } from '../response.ts'
import type { WebServer } from '../server.ts'
import type { LureContext } from '../site/context.ts'
import { Visitors } from '../site/visitors.ts'
import { DigestChallenges } from './digest-challenge.ts'
import { credentialsIn, loginPage } from './login-page.ts'
import { NtlmLogins } from './ntlm-login.ts'
import type { AuthArea } from './options.ts'

/** Cookie of who has signed in by the form of an area. */
const COOKIE = 'sid'

/** Keeps areas of a site behind logins, and writes down every try. */
export class AuthGate {
  readonly #areas: readonly AuthArea[]
  readonly #digest: DigestChallenges
  readonly #ntlm = new NtlmLogins()
  readonly #server: NonNullable<Persona['web']>['server']
  /** Requests that are in already: a site is asked twice, before the body came and after. */
  readonly #passed = new WeakSet<WebRequest>()

  constructor(areas: readonly AuthArea[], persona: Persona) {
    this.#areas = [...areas].sort((a, b) => b.path.length - a.path.length)
    this.#server = persona.web?.server ?? 'nginx'
    this.#digest = new DigestChallenges(this.#server)
  }

  /** What a request without a right login is answered; undefined lets it pass. */
  answer(request: WebRequest, context: LureContext, server: WebServer): WebResponse | undefined {
    const area = this.#areaOf(request)
    if (!area || this.#passed.has(request)) return undefined
    const refused = area.schemes[0] === 'form' ? this.#form(area, request, context) : this.#header(area, request, context, server)
    if (!refused) this.#passed.add(request)
    return refused
  }

  /** As {@link answer} for a request whose body has not come: a form can say nothing yet. */
  beforeBody(request: WebRequest, context: LureContext, server: WebServer): WebResponse | 'later' | undefined {
    return this.#areaOf(request)?.schemes[0] === 'form' ? 'later' : this.answer(request, context, server)
  }

  #areaOf({ path }: WebRequest): AuthArea | undefined {
    return this.#areas.find((area) => path.startsWith(area.path))
  }

  #header(area: AuthArea, request: WebRequest, context: LureContext, server: WebServer): WebResponse | undefined {
    const { schemes } = area
    if (schemes.includes('ntlm')) {
      if (this.#ntlm.isIn(request)) return undefined
      const step = this.#ntlm.answer(request, context)
      if (step?.verdict === 'accepted') return undefined
      if (step?.verdict === 'continue') return unauthorized(server, request, [step.challenge])
    }
    if (schemes.includes('basic') && this.#basic(request, context)) return undefined
    const digest = schemes.includes('digest') ? this.#judgeDigest(request, context) : 'refused'
    if (digest === 'accepted') return undefined
    return unauthorized(
      server,
      request,
      schemes.flatMap((scheme) => this.#challenges(scheme, area.realm, digest === 'stale')),
    )
  }

  #challenges(scheme: AuthArea['schemes'][number], realm: string, isStale: boolean): string[] {
    if (scheme === 'digest') return [this.#digest.challenge(realm, isStale)]
    if (scheme === 'ntlm') return this.#server === 'iis' ? ['Negotiate', 'NTLM'] : ['NTLM']
    return [`Basic realm="${realm}"`]
  }

  #basic(request: WebRequest, context: LureContext): boolean {
    const given = request.basicBytes()
    return given !== undefined && new LoginDesk(request.visit, context).password('basic', given.username, given.password)
  }

  #judgeDigest({ headers, method, visit, source, local }: WebRequest, context: LureContext): 'accepted' | 'refused' | 'stale' {
    const answer = parseDigest(headers.get('authorization') ?? '')
    if (!answer) return 'refused'
    const user = Buffer.from(answer.username, 'latin1')
    const hash = hashcatLine(answer, method, { server: local.ip, client: source.ip })
    const state = this.#digest.state(answer.nonce)
    if (state === 'good' && hash) {
      const proves = (password: string): boolean => digestResponse(answer, method, password) === answer.response.toLowerCase()
      return new LoginDesk(visit, context).proof('digest', user, hash, proves) ? 'accepted' : 'refused'
    }
    visit.login({ method: 'digest', username: evidence(user), ...(hash && { hash }), accepted: false })
    return state === 'stale' ? 'stale' : 'refused'
  }

  #form({ realm }: AuthArea, request: WebRequest, context: LureContext): WebResponse | undefined {
    const visitors = new Visitors(context.state, context.persona.name)
    if (visitors.of(request, COOKIE)) return undefined
    const given = request.method === 'POST' ? credentialsIn(request.form()) : undefined
    if (!given) return loginPage(realm, request.path, false)
    const { username, password } = given
    const isIn = new LoginDesk(request.visit, context).password('form', Buffer.from(username), Buffer.from(password))
    if (!isIn) return loginPage(realm, request.path, true)
    const value = visitors.signIn({ user: username, form: request.path, source: request.source.ip, at: Date.now() }, COOKIE)
    return redirect(request.path, 302, [['Set-Cookie', `${COOKIE}=${value}; Path=/; HttpOnly`]])
  }
}

function unauthorized(server: WebServer, request: WebRequest, challenges: readonly string[]): WebResponse {
  const page = server.page(401, pageFacts(request))
  return { ...page, headers: [...challenges.map((value): HeaderLine => ['WWW-Authenticate', value]), ...(page.headers ?? [])] }
}
