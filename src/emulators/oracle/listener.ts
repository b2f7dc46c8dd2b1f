import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type Connect, descriptorValues } from './codec.ts'

/** 19.0.0.0.0, as VSNNUM has it. */
export const VERSION_NUMBER = 318_767_104

/** The instances and services that the listener knows. */
export interface Registered {
  sid: string
  services: readonly string[]
}

/** `ORCL` as the installer proposes it, or another that is common; the same for an install. */
export function registeredOf(persona: Persona, identity: Identity, wanted: string | undefined): Registered {
  const sid = wanted?.toUpperCase() ?? identity.pick('oracle/sid', ['ORCL', 'ORCL', 'XE', 'PROD', 'ORCLCDB'])
  const name = sid.toLowerCase()
  const domain = persona.domain === 'localdomain' ? [] : [`${name}.${persona.domain}`]
  return { sid, services: [name, ...domain, `${name}pdb1`, `${name}xdb`] }
}

export interface ListenerVerdict {
  values: Map<string, string>
  /** The listener's error, 0 when the client is let through to the instance. */
  code: number
  /** Text of the refusal; undefined when the client is let through. */
  refusal: string | undefined
}

const UNAUTHORIZED = 1189
const NO_SERVICE_NAME = 12_504
const UNKNOWN_SID = 12_505
const UNKNOWN_SERVICE = 12_514

/** What the listener of 19c says to a connect descriptor. */
export function judge({ data }: Pick<Connect, 'data'>, registered: Registered): ListenerVerdict {
  const values = descriptorValues(data)
  const command = values.get('COMMAND')?.toLowerCase()
  if (command === 'ping') return { values, code: 0, refusal: `(DESCRIPTION=(TMP=)(VSNNUM=${VERSION_NUMBER})(ERR=0)(ALIAS=LISTENER))` }
  const code = command === undefined ? codeOf(values, registered) : UNAUTHORIZED
  if (code === 0) return { values, code, refusal: undefined }
  return {
    values,
    code,
    refusal: `(DESCRIPTION=(TMP=)(VSNNUM=${VERSION_NUMBER})(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`,
  }
}

function codeOf(values: ReadonlyMap<string, string>, { sid, services }: Registered): number {
  const service = values.get('SERVICE_NAME')
  if (service !== undefined) return services.includes(service.toLowerCase()) ? 0 : UNKNOWN_SERVICE
  const asked = values.get('SID')
  if (asked === undefined) return NO_SERVICE_NAME
  return asked.toUpperCase() === sid ? 0 : UNKNOWN_SID
}
