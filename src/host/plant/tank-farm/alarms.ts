import { above, below, type Rule } from '../alarms.ts'
import type { AlarmName, FarmState, Tank } from './state.ts'

const HYSTERESIS_M = 0.05

function ofTank(i: number): [AlarmName, Rule<FarmState>][] {
  const n = (i + 1) as 1 | 2 | 3 | 4 | 5
  const level = (s: FarmState): number => s.tanks[i]!.level
  const limit =
    (which: keyof Tank['limit']) =>
    (s: FarmState): number =>
      s.tanks[i]!.limit[which]
  return [
    [`highHigh${n}`, above(level, limit('highHigh'), HYSTERESIS_M)],
    [`high${n}`, above(level, limit('high'), HYSTERESIS_M)],
    [`low${n}`, below(level, limit('low'), HYSTERESIS_M)],
    [`lowLow${n}`, below(level, limit('lowLow'), HYSTERESIS_M)],
  ]
}

/** When each alarm holds. */
export const RULES: Readonly<Record<string, Rule<FarmState>>> = {
  ...Object.fromEntries([0, 1, 2, 3, 4].flatMap(ofTank)),
  spill: { holds: (s) => s.bund.volume > 0.05 },
  gas: { holds: (s) => s.bund.gas > 20, isOver: (s) => s.bund.gas < 10 },
  pumpFault: { holds: (s) => s.pumps.some((pump) => pump.fault === 1) },
  emergencyStop: { holds: (s) => s.emergencyStop === 1 },
  interlockOff: { holds: (s) => !s.interlock },
  controllerStopped: { holds: (s) => !s.controller.running },
}
