import { lastCommand } from './gnu/last.ts'
import { multiCall } from './gnu/multi-call.ts'
import lastb from './lastb.ts'

export default multiCall(lastCommand('last'), [lastb])
