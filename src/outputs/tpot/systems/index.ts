import type { SystemMapping } from '../system.ts'
import { beelzebub } from './beelzebub.ts'
import { conpot } from './conpot.ts'
import { cowrie } from './cowrie.ts'
import { ddospot } from './ddospot.ts'
import { dionaea } from './dionaea.ts'
import { galah } from './galah.ts'
import { heralding } from './heralding.ts'
import { honeypots } from './honeypots.ts'
import { adbhoney, dicompot, endlessh, mailoney, medpot, miniprint, redishoneypot, sentrypeer } from './other-systems.ts'
import { ciscoasa, citrix } from './pattern-systems.ts'
import { elasticpot, goPot, h0neytr4p, honeyaml, ipphoney, log4pot, tanner, wordpot } from './web-systems.ts'

/** Every system of T-Pot that lures stand for, by name. */
export const tpotSystems: ReadonlyMap<string, SystemMapping> = new Map(
  [
    adbhoney,
    beelzebub,
    ciscoasa,
    citrix,
    conpot,
    cowrie,
    ddospot,
    dicompot,
    dionaea,
    elasticpot,
    endlessh,
    galah,
    goPot,
    h0neytr4p,
    heralding,
    honeyaml,
    honeypots,
    ipphoney,
    log4pot,
    mailoney,
    medpot,
    miniprint,
    redishoneypot,
    sentrypeer,
    tanner,
    wordpot,
  ].map((mapping) => [mapping.system, mapping]),
)
