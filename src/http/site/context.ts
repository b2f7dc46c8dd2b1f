import type { LoginDeskSetup } from '../../sensor/login-desk.ts'
import type { VisitContext } from '../../sensor/lure.ts'

/** What a site needs of the visit that a request came with. */
export type LureContext = VisitContext<LoginDeskSetup['options'], unknown>
