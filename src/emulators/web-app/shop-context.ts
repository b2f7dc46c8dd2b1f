import type { Host } from '../../host/contract.ts'
import type { WebRequest } from '../../http/index.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Attack } from './classify.ts'
import type { WebAppEvents } from './events.ts'
import type { Journal } from './journal.ts'
import type { ShopConnection } from './shop-database.ts'
import type { ShopVisitor } from './visitors.ts'

/** What a page of the shop is made in. */
export interface ShopContext {
  request: WebRequest
  visit: Visit<WebAppEvents>
  lure: VisitContext<unknown, unknown>
  host: Host
  database: ShopConnection
  visitor: ShopVisitor
  journal: Journal
  /** The attacks that the request carries. */
  attacks: readonly Attack[]
  /** Those of them that had an effect. */
  worked: Set<Attack>
}

/** Folder of the application on the host, and the user that it runs as. */
export const SHOP_ROOT = '/var/www/shop'
export const WEB_USER = 'www-data'
