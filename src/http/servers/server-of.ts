import type { Persona } from '../../config/persona.ts'
import type { WebServer } from '../server.ts'
import { apache } from './apache.ts'
import { iis } from './iis.ts'
import { jetty } from './jetty.ts'
import { lighttpd } from './lighttpd.ts'
import { nginx } from './nginx.ts'
import { uhttpd } from './uhttpd.ts'

/** The web server that a persona runs; a persona that says nothing runs what its Linux comes with. */
export function serverOf({ web, hostname, domain, os, timezone }: Persona): WebServer {
  const header = web?.header ?? ''
  switch (web?.server) {
    case 'apache':
      return apache({ header, hostname: `${hostname}.${domain}`, zone: timezone })
    case 'lighttpd':
      return lighttpd({ header })
    case 'uhttpd':
      return uhttpd()
    case 'iis':
      return iis({ header })
    case 'jetty':
      return jetty({ header })
    case 'nginx':
      return nginx({ header })
    default:
      return os.family === 'openwrt' ? uhttpd() : nginx({ header: 'nginx' })
  }
}
