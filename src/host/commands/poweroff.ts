import { powerCommand } from './gnu/power.ts'

export default powerCommand('poweroff')
