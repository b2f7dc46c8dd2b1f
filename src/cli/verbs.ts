import type { Verb } from './verb.ts'
import { doctor } from './verbs/doctor.ts'
import { ports } from './verbs/ports.ts'
import { sessions } from './verbs/sessions.ts'
import { show } from './verbs/show.ts'
import { start } from './verbs/start.ts'
import { status } from './verbs/status.ts'
import { tail } from './verbs/tail.ts'
import { validate } from './verbs/validate.ts'
import { version } from './verbs/version.ts'

/** The verbs in the order in which `sundew help` shows them. */
export const verbs: readonly Verb[] = [start, status, ports, sessions, show, tail, doctor, validate, version]
