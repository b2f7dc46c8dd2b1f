import { z } from 'zod'

const Action = z.enum(['read', 'write', 'scan', 'time', 'restart'])
export type Action = z.infer<typeof Action>

export const iec104Events = {
  /** STARTDT, STOPDT or TESTFR. */
  'iec104.control': z.object({ function: z.string() }),
  'iec104.asdu': z.object({
    type: z.number(),
    name: z.string(),
    action: Action,
    cause: z.number(),
    originator: z.number(),
    commonAddress: z.number(),
    objectAddress: z.number(),
    /** Signal of the plant that the address stands for. */
    tag: z.string().optional(),
    value: z.number().optional(),
    /** Time that a clock command sets. */
    time: z.string().optional(),
    select: z.boolean().optional(),
    result: z.string(),
    raw: z.string(),
  }),
  'iec104.malformed': z.object({ message: z.string() }),
}

/** ATT&CK for ICS: what the action is a sign of. */
export const TECHNIQUES: Record<Action, string[]> = {
  read: ['attack:T0801', 'attack:T0861'],
  write: ['attack:T0855', 'attack:T0836'],
  scan: ['attack:T0888'],
  time: ['attack:T0836'],
  restart: ['attack:T0816'],
}

/** Names of the types in control direction. */
export const TYPE_NAMES: Record<number, string> = {
  45: 'C_SC_NA_1',
  46: 'C_DC_NA_1',
  47: 'C_RC_NA_1',
  48: 'C_SE_NA_1',
  49: 'C_SE_NB_1',
  50: 'C_SE_NC_1',
  51: 'C_BO_NA_1',
  58: 'C_SC_TA_1',
  59: 'C_DC_TA_1',
  60: 'C_RC_TA_1',
  61: 'C_SE_TA_1',
  62: 'C_SE_TB_1',
  63: 'C_SE_TC_1',
  64: 'C_BO_TA_1',
  100: 'C_IC_NA_1',
  101: 'C_CI_NA_1',
  102: 'C_RD_NA_1',
  103: 'C_CS_NA_1',
  104: 'C_TS_NA_1',
  105: 'C_RP_NA_1',
  106: 'C_CD_NA_1',
  107: 'C_TS_TA_1',
  110: 'P_ME_NA_1',
  111: 'P_ME_NB_1',
  112: 'P_ME_NC_1',
  113: 'P_AC_NA_1',
  120: 'F_FR_NA_1',
  122: 'F_SC_NA_1',
}
